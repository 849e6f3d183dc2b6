"""A few threads for calls that block; whoever stops the process does not wait for them.

Those of `concurrent.futures` are joined at exit, however long a cloud lets them hang.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

Result = TypeVar("Result")
Work = tuple[Callable[[], Any], asyncio.Future[Any]]  # Any: what the call returns


class Threads:
    """At most so many; they are started with the first calls, and then wait for more."""

    def __init__(self, name: str, *, most: int) -> None:
        self._name = name
        self._most = most
        self._started = 0
        self._work: SimpleQueue[Work | None] = SimpleQueue()

    async def run(self, call: Callable[[], Result]) -> Result:
        """Return what the call returns. Who is cancelled leaves it alone, or it never begins."""
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._work.put((call, done))
        if self._started < self._most:
            self._started += 1
            Thread(target=self._perform, name=self._name, daemon=True).start()
        return await done

    def close(self) -> None:
        """Have them end, each after the call that it is in."""
        for _ in range(self._started):
            self._work.put(None)

    def _perform(self) -> None:
        while work := self._work.get():
            call, done = work
            if done.cancelled():
                continue
            try:
                settle = partial(done.set_result, call())
            # boundary: whatever it is, it is raised again where it is waited for
            except Exception as error:  # noqa: BLE001
                settle = partial(done.set_exception, error)
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                done.get_loop().call_soon_threadsafe(_settle, done, settle)


def _settle(done: asyncio.Future[Any], settle: Callable[[], None]) -> None:  # Any: as in Work
    if not done.done():
        settle()
