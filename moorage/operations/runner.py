"""Performs operations: the job, and when it fails the undo, as far as each goes now.

Every line may be the last before a `kill -9`: what was running is performed again by whoever gets
it next, so each step of a job finds what it made before. A job that something kept from working
is tried again; any other failure is undone, and an undo is tried until it works.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from sqlalchemy import case, func, update

from moorage.kit.clock import now
from moorage.kit.db import Database, Session
from moorage.kit.errors import MoorageError, Unavailable
from moorage.kit.log import operation_id, request_id
from moorage.operations import rules
from moorage.operations.models import UNFINISHED, Operation
from moorage.operations.run import CancelRequested, Lost, Run

log = logging.getLogger(__name__)

_BREATH_S = 1.0  # what breaks at once must not spin
_HAND_OVER_S = 2  # of the seconds that a stop has
_UNKNOWN_AGAIN_S = 30  # a newer release may know what this one does not

JobFunction = Callable[[Run], Awaitable[None]]
Ended = Callable[[str, str, float], None]  # takes kind, status, seconds since it was asked for
RecordFailure = Callable[[Session, Operation], Awaitable[None]]  # in the commit that ends it


@dataclass(frozen=True, slots=True)
class Job:
    """What performs an operation, and what takes back a failed one. Both may run twice.

    steps: how many there will be. kept: names of those whose results outlive an undo.
    """

    do: JobFunction
    undo: JobFunction | None = None
    steps: int = 0
    kept: tuple[str, ...] = ()


class Runner:
    """Performs what a queue gives it."""

    def __init__(
        self,
        db: Database,
        jobs: dict[str, Job],
        *,
        ended: Ended = lambda kind, status, seconds: None,
        record_failure: RecordFailure | None = None,
    ) -> None:
        self._db = db
        self._jobs = jobs
        self._ended = ended
        self._record_failure = record_failure or _keep_quiet
        self._running: dict[str, asyncio.Event] = {}  # operation → set when it is let go

    async def perform(self, operation: str) -> None:
        """Perform an operation as far as it goes now: to its end, or until it is put off."""
        while earlier := self._running.get(operation):  # a queue that lost its connection
            await earlier.wait()  # gave it out again: what is lost by that ends soon
        done = self._running[operation] = asyncio.Event()
        try:
            await self._perform(operation)
        except Unavailable as error:  # of our own database: the queue gives it out again
            log.warning("operation put off", extra={"reason": error.detail or error.message})
            await asyncio.sleep(_BREATH_S)
        except Lost:
            log.warning("operation lost to another process", extra={"operation": operation})
        except Exception:  # boundary: what breaks here is given out again, and must not spin
            log.exception("operation broke", extra={"operation": operation})
            await asyncio.sleep(_BREATH_S)
        finally:
            del self._running[operation]
            done.set()

    async def _perform(self, identifier: str) -> None:
        operation = await self._begin(identifier)
        if operation is None:
            return
        operation_id.set(operation.id)
        request_id.set(operation.request_id)
        job = self._jobs.get(operation.kind)
        run = Run(self._db, operation, steps=job.steps if job else 0)
        if job is None:
            log.error("unknown kind of operation", extra={"kind": operation.kind})
            why = "This release does not know how."
            await run.put_off(why, attempts=operation.attempts, for_s=_UNKNOWN_AGAIN_S)
            return
        try:
            await self._do(operation, job, run)
        except asyncio.CancelledError:  # this process stops: another one goes on at once
            with suppress(Unavailable, Lost, TimeoutError):  # then it is found to be left behind
                async with asyncio.timeout(_HAND_OVER_S):
                    await run.hand_over()
            raise
        if run.ended is not None:
            self._note_end(operation, run.ended)

    async def _begin(self, identifier: str) -> Operation | None:
        """Return the operation, now in our hands; None when there is nothing left to do."""
        async with self._db.begin() as session:
            return await session.scalar(
                update(Operation)
                .where(Operation.id == identifier, Operation.status.in_(UNFINISHED))
                .values(
                    fence=Operation.fence + 1,
                    status=case((Operation.status == "undoing", "undoing"), else_="running"),
                    started_at=func.coalesce(Operation.started_at, now()),
                    not_before=None,
                )
                .returning(Operation)
            )

    async def _do(self, operation: Operation, job: Job, run: Run) -> None:
        attempts = operation.attempts
        if operation.status != "undoing":
            log.info("operation started", extra={"kind": operation.kind})
            failure = await _failure_of(partial(_to_its_end, job.do), run)
            if failure is None:
                return
            again_s = rules.again_after_s(failure, attempts)
            if again_s is not None:
                await run.put_off(_sentence(failure, run), attempts=attempts + 1, for_s=again_s)
                return
            operation.error, operation.error_kind = _sentence(failure, run), type(failure).__name__
            await run.begin_undoing(operation.error, operation.error_kind)
            attempts = 0
        failure = await _failure_of(job.undo, run) if job.undo else None
        if failure is not None:
            again_s = rules.undo_again_after_s(attempts)
            await run.put_off(_sentence(failure, run), attempts=attempts + 1, for_s=again_s)
            return
        run.take_back(kept=job.kept)
        async with run.end("cancelled" if operation.was_cancelled else "failed") as session:
            await self._record_failure(session, operation)

    def _note_end(self, operation: Operation, status: str) -> None:
        seconds = (now() - operation.created_at).total_seconds()
        self._ended(operation.kind, status, seconds)
        log.info(
            "operation ended",
            extra={"kind": operation.kind, "status": status, "seconds": round(seconds, 3)},
        )


async def _failure_of(do: JobFunction, run: Run) -> Exception | None:
    """Perform, and return what went wrong."""
    try:
        await run.check()
        await do(run)
    except Lost:
        raise
    except CancelRequested as request:
        return request
    except MoorageError as error:
        log.warning("operation failed", extra={"reason": error.message, "detail": error.detail})
        return error
    except Exception as error:  # boundary: a bug in a job must not leave its subject half-made
        log.exception("operation broke")
        return error
    return None


async def _to_its_end(do: JobFunction, run: Run) -> None:
    """Perform, and end what has not ended itself: somebody may cancel it until then."""
    await do(run)
    if run.ended is None:
        async with run.end():
            pass


async def _keep_quiet(_session: Session, _operation: Operation) -> None:
    pass


def _sentence(failure: Exception, run: Run) -> str:
    if isinstance(failure, MoorageError):
        return failure.message.replace("\0", "�")  # PostgreSQL keeps none; last words may have one
    if isinstance(failure, CancelRequested):
        return "It was cancelled."
    return f"Something unexpected happened; the log has it under {run.id}."
