"""The queue of an installation on SQLite: one process of its machine performs, by a lock file."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

from moorage.kit.db import Database
from moorage.kit.errors import Unavailable
from moorage.kit.turn import my_turn
from moorage.operations import ready
from moorage.operations.queue import Perform
from moorage.operations.ready import Candidate
from moorage.operations.service import QUEUE

log = logging.getLogger(__name__)

_LOOK_AGAIN_S = 1.0  # orders that other processes commit wake nobody here
_LOOK_AHEAD = 10  # times as many as are performed at once


class EmbeddedQueue:
    """Looks into the table when something was committed, and every second.

    This is the only process that performs, so whatever is unfinished and not in its hands was
    left by one that died: the lock goes with the process.
    """

    def __init__(
        self, db: Database, *, turn_file: Path, at_once: int, per_server: int, stop_grace_s: float
    ) -> None:
        self._db = db
        self._stop_grace_s = stop_grace_s
        self._turn_file = turn_file
        self._at_once = at_once
        self._per_server = per_server
        self._turn = AsyncExitStack()
        self._leads = asyncio.Event()
        self._stopping = False
        self._held: dict[str, Candidate] = {}  # by subject
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.Task[None] | None = None

    @property
    def is_alive(self) -> bool:
        """Whether operations are being taken, or will be when it is this process' turn."""
        return self._loop is not None and not self._loop.done()

    def start(self, perform: Perform) -> None:
        """Begin to take operations."""
        self._loop = asyncio.create_task(self._take(perform), name="operations")

    async def stop(self) -> None:
        """Take no more; cancel what does not end within the grace."""
        self._stopping = True
        if self._loop is not None:
            if self._leads.is_set():
                self._db.wakes.touch(QUEUE)
            else:
                self._loop.cancel()
            with suppress(asyncio.CancelledError):
                await self._loop
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=self._stop_grace_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._turn.aclose()

    @asynccontextmanager
    async def lead(self) -> AsyncIterator[asyncio.Event]:
        """Wait for this process' turn, which lasts as long as the process."""
        await self._leads.wait()
        yield asyncio.Event()

    async def _take(self, perform: Perform) -> None:
        await self._turn.enter_async_context(my_turn(self._turn_file))
        self._leads.set()
        async with self._db.wakes.listen(QUEUE) as woken:
            while not self._stopping:
                woken.clear()
                try:
                    await self._look(perform)
                except Unavailable as error:
                    log.warning("cannot take operations", extra={"reason": error.detail})
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_AGAIN_S):
                        await woken.wait()

    async def _look(self, perform: Perform) -> None:
        free = self._at_once - len(self._held)
        if free <= 0:
            return
        async with self._db.read() as session:
            found = await ready.candidates(
                session,
                per_server=self._per_server,
                limit=_LOOK_AHEAD * self._at_once,
                busy=list(self._held),
            )
        load = Counter(held.server_id for held in self._held.values())
        for one in ready.choose(found, load=load, per_server=self._per_server)[:free]:
            self._held[one.subject] = one
            task = asyncio.create_task(self._hold(perform, one), name=one.id)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _hold(self, perform: Perform, held: Candidate) -> None:
        try:
            await perform(held.id)
        finally:
            del self._held[held.subject]
            self._db.wakes.touch(QUEUE)
