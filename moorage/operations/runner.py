"""Performs operations in this process: several side by side, one at a time per subject.

Every line may be the last before a `kill -9`: what was running is simply performed again at the
next start, so each step of a job finds what it made before. A failed job is undone; an undo that
cannot reach its engine is tried again until it can.
"""

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from moorage.kit.clock import now
from moorage.kit.db import Database
from moorage.kit.errors import MoorageError, Unavailable
from moorage.kit.log import operation_id, request_id
from moorage.kit.turn import my_turn
from moorage.operations.models import UNFINISHED, Operation
from moorage.operations.run import Run
from moorage.operations.service import QUEUE

log = logging.getLogger(__name__)

_LOOK_AGAIN_S = 1.0  # orders that other processes commit wake nobody here
_UNDO_AGAIN_S = (0.5, 1, 2, 4, 8)  # then every 8 s
_PUT_OFF_S = 1.0


JobFunction = Callable[[Run], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Job:
    """What performs an operation, and what takes back a failed one. Both may run twice."""

    do: JobFunction
    undo: JobFunction | None = None


class Runner:
    """Takes operations from the database and performs them."""

    def __init__(
        self,
        db: Database,
        jobs: dict[str, Job],
        *,
        at_once: int,
        turn_file: Path,
        ended: Callable[[str, str, float], None] = lambda kind, status, seconds: None,
    ) -> None:
        self._db = db
        self._jobs = jobs
        self._at_once = at_once
        self._turn_file = turn_file
        self._turn = AsyncExitStack()
        self._ended = ended
        self._tasks: dict[str, asyncio.Task[None]] = {}  # by subject
        self._loop: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    @property
    def is_alive(self) -> bool:
        """Whether operations are being taken, or will be when it is this process' turn."""
        return self._loop is not None and not self._loop.done()

    def start(self) -> None:
        """Begin to take operations."""
        self._loop = asyncio.create_task(self._take(), name="operations")

    async def stop(self, *, grace_s: float) -> None:
        """Take no more; let the running ones end within the grace, else leave them to the next
        start."""
        self._stopping.set()
        if self._loop is not None:
            self._loop.cancel()
            with suppress(asyncio.CancelledError):
                await self._loop
        tasks = list(self._tasks.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=grace_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._turn.aclose()

    async def _take(self) -> None:
        await self._turn.enter_async_context(my_turn(self._turn_file))
        async with self._db.wakes.listen(QUEUE) as woken:
            while True:
                woken.clear()
                try:
                    await self._claim()
                except Unavailable as error:
                    log.warning("cannot take operations", extra={"reason": error.detail})
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_AGAIN_S):
                        await woken.wait()

    async def _claim(self) -> None:
        """Start the oldest unfinished operation of every subject that is free.

        This is the only process that performs, so whatever is unfinished and not ours to wait
        for was left by a process that died.
        """
        free = self._at_once - len(self._tasks)
        if free <= 0:
            return
        async with self._db.read() as session:
            unfinished = list(
                await session.scalars(
                    select(Operation)
                    .where(Operation.status.in_(UNFINISHED))
                    .where(Operation.subject.not_in(list(self._tasks)))
                    .order_by(Operation.number)
                    .limit(10 * self._at_once)
                )
            )
        for operation in unfinished:
            if free > 0 and operation.subject not in self._tasks:
                task = asyncio.create_task(self._perform(operation), name=operation.id)
                self._tasks[operation.subject] = task
                free -= 1

    async def _perform(self, operation: Operation) -> None:
        operation_id.set(operation.id)
        request_id.set(operation.request_id)
        run = Run(self._db, operation)
        try:
            try:
                await self._do(operation, run)
            finally:
                await run.told()
        except Unavailable as error:  # of our own database: the next look takes it up again
            log.warning("operation put off", extra={"reason": error.detail or error.message})
            await asyncio.sleep(_PUT_OFF_S)
        except Exception:  # boundary: what breaks here is put off, and must not spin
            log.exception("operation broke", extra={"kind": operation.kind})
            await asyncio.sleep(_PUT_OFF_S)
        finally:
            del self._tasks[operation.subject]
            if not self._stopping.is_set():
                self._db.wakes.touch(QUEUE)

    async def _do(self, operation: Operation, run: Run) -> None:
        job = self._jobs[operation.kind]
        if operation.status != "undoing":
            log.info("operation started", extra={"kind": operation.kind})
            failure = await _failure_of(job.do, run)
            if failure is None:
                if run.ended_at is None:
                    async with self._db.begin() as session:
                        await run.succeed(session)
                self._note_end(operation, run, "succeeded")
                return
            await run.begin_undoing(*failure)
        if await self._undo(job.undo, run):
            await run.fail()
            self._note_end(operation, run, "failed")

    async def _undo(self, undo: JobFunction | None, run: Run) -> bool:
        """Undo until it is done: what was made must not stay behind because an engine was away.

        Returns False when this process stops before; the next start goes on with it.
        """
        pauses = itertools.chain(_UNDO_AGAIN_S, itertools.repeat(_UNDO_AGAIN_S[-1]))
        while undo is not None and await _failure_of(undo, run) is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(next(pauses)):
                    await self._stopping.wait()
            if self._stopping.is_set():
                return False
        return True

    def _note_end(self, operation: Operation, run: Run, status: str) -> None:
        seconds = ((run.ended_at or now()) - operation.created_at).total_seconds()
        self._ended(operation.kind, status, seconds)
        log.info(
            "operation ended",
            extra={"kind": operation.kind, "status": status, "seconds": round(seconds, 3)},
        )


async def _failure_of(do: JobFunction, run: Run) -> tuple[str, str] | None:
    """Perform, and return (sentence, kind) when it failed."""
    try:
        await do(run)
    except MoorageError as error:
        log.warning("operation failed", extra={"reason": error.message, "detail": error.detail})
        return error.message, type(error).__name__
    except Exception:  # boundary: a bug in a job must not leave its subject half-made
        log.exception("operation broke")
        return f"Something unexpected happened; the log has it under {run.id}.", "Exception"
    return None
