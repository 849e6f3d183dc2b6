"""What recurs, done by one process of all: the one that leads."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from moorage.kit.errors import Unavailable
from moorage.kit.pause import pause
from moorage.operations.queue import Queue

log = logging.getLogger(__name__)

_LEAD_AGAIN_S = 1.0


@dataclass(frozen=True, slots=True)
class Duty:
    """Something to do again and again. What it does may be cut off at any line."""

    name: str
    every_s: float
    do: Callable[[], Awaitable[None]]


class Duties:
    """Performs duties while this process leads."""

    def __init__(self, queue: Queue, duties: Sequence[Duty]) -> None:
        self._queue = queue
        self._duties = duties
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to wait for the lead."""
        self._task = asyncio.create_task(self._lead(), name="duties")

    async def stop(self) -> None:
        """Leave everything where it is."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _lead(self) -> None:
        while True:
            try:
                async with self._queue.lead() as lost, repeated(*self._duties):
                    await lost.wait()
            except Unavailable as error:
                log.warning("cannot lead", extra={"reason": error.detail})
                await pause(_LEAD_AGAIN_S)


@asynccontextmanager
async def repeated(*duties: Duty) -> AsyncIterator[None]:
    """Perform duties in this process, whoever leads, until the block ends."""
    tasks = [asyncio.create_task(_repeat(one), name=one.name) for one in duties]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _repeat(duty: Duty) -> None:
    while True:
        try:
            await duty.do()
        except Unavailable as error:
            log.warning("duty put off", extra={"duty": duty.name, "reason": error.detail})
        except Exception:  # boundary: one duty that breaks must not end the others
            log.exception("duty broke", extra={"duty": duty.name})
        await pause(duty.every_s)
