"""Hear that this process is asked to stop, besides whoever handles that."""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def hearing_stop(hear: Callable[[], None]) -> Iterator[None]:
    """Call `hear` in the running loop at SIGTERM and SIGINT, and do what is done at them anyway."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread hears signals
        return
    loop = asyncio.get_running_loop()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def pass_on(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(hear)
        handler = handlers[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    for number, handler in handlers.items():
        if callable(handler):  # else nobody would end this process any more
            signal.signal(number, pass_on)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
