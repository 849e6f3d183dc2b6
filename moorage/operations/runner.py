"""Performs operations in this process: several side by side, one at a time per subject.

Every line may be the last before a `kill -9`: what was running is simply performed again at the
next start, so each step of a job finds what it made before. A failed job is undone; an undo that
cannot reach its engine is tried again until it can.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from moorage.kit.clock import now
from moorage.kit.db import Database, wake
from moorage.kit.errors import MoorageError, Unavailable
from moorage.kit.log import operation_id, request_id
from moorage.operations.models import UNFINISHED, Operation
from moorage.operations.service import QUEUE, topic

log = logging.getLogger(__name__)

_LOOK_AGAIN_S = 5.0
_UNDO_AGAIN_S = (0.5, 1, 2, 4, 8)  # then every 8 s
_SAY_EVERY_S = 1.0
_PUT_OFF_S = 1.0


class Run:
    """What a job is told of its operation, and how it tells where it stands."""

    def __init__(self, db: Database, operation: Operation) -> None:
        self.id = operation.id
        self.subject = operation.subject
        self.args: dict[str, Any] = operation.args  # Any: JSON of the job
        self._db = db
        self._steps = [dict(step) for step in operation.steps]
        self._said_at = 0.0

    async def step(self, name: str) -> None:
        """Begin a step; the one before is done."""
        self._end_step("succeeded")
        self._steps = [step for step in self._steps if step["name"] != name]
        started_at = now().isoformat()
        self._steps.append({"name": name, "status": "running", "started_at": started_at})
        await self._write()

    async def say(self, line: str) -> None:
        """Show a line of progress in the current step; at most one a second is kept."""
        moment = asyncio.get_running_loop().time()
        if self._steps and moment - self._said_at >= _SAY_EVERY_S:
            self._said_at = moment
            self._steps[-1]["detail"] = line[:200]
            await self._write()

    def ended(self, status: str) -> list[dict[str, Any]]:  # Any: JSON
        """Return the steps with the last one ended."""
        self._end_step(status)
        return self._steps

    def _end_step(self, status: str) -> None:
        if self._steps and self._steps[-1]["status"] == "running":
            self._steps[-1] |= {"status": status, "ended_at": now().isoformat()}

    async def _write(self) -> None:
        async with self._db.begin() as session:
            await session.execute(
                update(Operation).where(Operation.id == self.id).values(steps=self._steps)
            )


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
        ended: Callable[[str, str, float], None] = lambda kind, status, seconds: None,
    ) -> None:
        self._db = db
        self._jobs = jobs
        self._at_once = at_once
        self._ended = ended
        self._tasks: dict[str, asyncio.Task[None]] = {}  # by subject
        self._loop: asyncio.Task[None] | None = None
        self._is_stopping = False

    @property
    def is_alive(self) -> bool:
        """Whether operations are being taken."""
        return self._loop is not None and not self._loop.done()

    def start(self) -> None:
        """Begin to take operations."""
        self._loop = asyncio.create_task(self._take(), name="operations")

    async def stop(self, *, grace_s: float) -> None:
        """Take no more; let the running ones end within the grace, else leave them to the next
        start."""
        self._is_stopping = True
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

    async def _take(self) -> None:
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
        try:
            await self._do(operation)
        except Unavailable as error:  # of our own database: the next look takes it up again
            log.warning("operation put off", extra={"reason": error.detail or error.message})
            await asyncio.sleep(_PUT_OFF_S)
        finally:
            del self._tasks[operation.subject]
            if not self._is_stopping:
                self._db.wakes.touch(QUEUE)

    async def _do(self, operation: Operation) -> None:
        job = self._jobs[operation.kind]
        run = Run(self._db, operation)
        if operation.status != "undoing":
            log.info("operation started", extra={"kind": operation.kind})
            await self._write(operation, status="running", started_at=operation.started_at or now())
            failure = await _failure_of(job.do, run)
            if failure is None:
                await self._end(operation, run, "succeeded")
                return
            operation.error, operation.error_kind = failure
            steps = run.ended("failed")
            await self._write(
                operation,
                status="undoing",
                steps=steps,
                error=operation.error,
                error_kind=operation.error_kind,
            )
        if job.undo is not None:
            await _undo(job.undo, run)
        await self._end(operation, run, "failed")

    async def _end(self, operation: Operation, run: Run, status: str) -> None:
        ended_at = now()
        await self._write(operation, status=status, steps=run.ended(status), ended_at=ended_at)
        seconds = (ended_at - operation.created_at).total_seconds()
        self._ended(operation.kind, status, seconds)
        log.info(
            "operation ended",
            extra={
                "kind": operation.kind,
                "status": status,
                "seconds": round(seconds, 3),
                "error": operation.error,
            },
        )

    async def _write(self, operation: Operation, **values: Any) -> None:  # Any: columns
        async with self._db.begin() as session:
            await session.execute(
                update(Operation).where(Operation.id == operation.id).values(**values)
            )
            wake(session, topic(operation.id))


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


async def _undo(undo: JobFunction, run: Run) -> None:
    """Undo until it is done: what was made must not stay behind because an engine was away."""
    for attempt in range(1_000_000):
        failure = await _failure_of(undo, run)
        if failure is None:
            return
        await asyncio.sleep(_UNDO_AGAIN_S[min(attempt, len(_UNDO_AGAIN_S) - 1)])
