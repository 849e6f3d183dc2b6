"""One performance of an operation: what its job is told, and how it tells where it stands."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, Row, case, insert, select, update

from moorage.kit.clock import now
from moorage.kit.db import Database, Session, wake
from moorage.kit.errors import Unavailable
from moorage.kit.guard import guarded
from moorage.operations import rules
from moorage.operations.models import CANCELLED, EVENTS, TABLE, EventKind, Operation, Status
from moorage.operations.service import topic

log = logging.getLogger(__name__)

Result = TypeVar("Result")  # JSON
Port = TypeVar("Port")

_SURE_FOR_S = 1.0  # far less than a frozen worker's operations need to be given to another
_LINES_EVERY_S = 0.25
_LONGEST_LINE = 500
_DATABASE_AGAIN_S = 1.0


class Lost(Exception):  # control flow: no failure that anybody is told
    """Somebody else performs this operation now, or it is over."""


class CancelRequested(Exception):
    """Somebody wants it stopped, and what was made taken back."""


class Run:
    """What a job gets. ended: how it ended, once that is written down.

    is_first: nobody has begun to perform it before, so nothing of it can be there yet.

    Where it stands is written down beside the work, which does not wait for it; only how it ends
    is waited for. Nothing is written once somebody else has begun to perform it.
    """

    def __init__(self, db: Database, operation: Operation, *, steps: int = 0) -> None:
        self.id = operation.id
        self.subject = operation.subject
        self.owner_id = operation.owner_id
        self.args: dict[str, Any] = operation.args  # Any: JSON of the job
        self.is_first = operation.fence == 1
        self.ended: Status | None = None
        self._db = db
        self._step_count = steps
        self._fence = operation.fence
        self._status: Status = operation.status
        self._steps = [dict(step) for step in operation.steps]
        self._cancellable = operation.cancellable and operation.status != "undoing"
        self._cancel_requested = operation.cancel_requested_at is not None
        self._is_lost = False
        self._sure_until = monotonic() + _SURE_FOR_S
        self._untold: list[dict[str, Any]] = []  # Any: columns of OperationEvent
        self._telling: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()
        self._writing = asyncio.Lock()

    async def step(self, name: str, do: Callable[[], Awaitable[Result]]) -> Result:
        """Perform a step, unless an earlier performance has done so; return its result (JSON)."""
        for step in self._steps:
            if step["name"] == name and step["status"] == "succeeded":
                return cast(Result, step.get("result"))
        await self.check()
        self._steps = [step for step in self._steps if step["name"] != name]
        self._steps.append({"name": name, "status": "running", "started_at": now().isoformat()})
        self._tell_step("running")
        result = await do()
        self._end_step("succeeded", result)
        return result

    async def say(self, line: str) -> None:
        """Show a line of progress in the current step."""
        shown = line[:_LONGEST_LINE]
        if self._steps:
            self._steps[-1]["detail"] = shown
        self._tell("line", text=shown)
        await self.check()

    async def check(self) -> None:
        """Raise Lost or CancelRequested when this is not to go on."""
        if not self._is_lost and monotonic() >= self._sure_until:
            async with self._db.read() as session:
                query = select(TABLE.c.cancel_requested_at).where(*self._is_mine())
                self._note((await session.execute(query)).one_or_none())
        if self._is_lost:
            raise Lost(self.id)
        if self._cancel_requested and self._cancellable:
            raise CancelRequested(self.id)

    def guard(self, port: Port) -> Port:
        """Return what speaks to the outside, made to check before each call."""
        return guarded(port, self.check)

    async def point_of_no_return(self) -> None:
        """From here on nobody can cancel it. Raises CancelRequested when somebody did before."""
        await self._write(cancellable=False)
        await self.check()
        self._cancellable = False

    @asynccontextmanager
    async def begin(self, **values: Any) -> AsyncIterator[Session]:  # Any: columns
        """Yield a session for the job's rows. Raises Lost at its end: then none is written."""
        async with self._writing:
            async with self._db.begin() as session:
                yield session
                told = await self._write_in(session, values)
            del self._untold[:told]

    @asynccontextmanager
    async def end(self, status: Status = "succeeded") -> AsyncIterator[Session]:
        """Yield a session for the job's last rows, and end in the same commit."""
        self._end_step(status)
        await self.told()
        over = {"status": status, "ended_at": now(), "job_id": None, "not_before": None}
        well = {"progress": 100, "error": None, "error_kind": None}
        async with self.begin(**over, **(well if status == "succeeded" else {})) as session:
            yield session
        self.ended = status

    async def begin_undoing(self, error: str, kind: str) -> None:
        """Write down why it failed, before anything is taken back."""
        self._cancellable = False
        self._end_step("cancelled" if kind == CANCELLED else "failed")
        self._status = "undoing"
        self._note_event("status", status="undoing", error=error)
        await self._write(error=error, error_kind=kind, attempts=0)

    async def put_off(self, error: str, *, attempts: int, for_s: float) -> None:
        """Have it tried again later."""
        self._end_step("waiting")
        values: dict[str, Any] = {"attempts": attempts, "job_id": None}  # Any: columns
        if self._status != "undoing":
            self._status = "queued"
            values["error"] = error
        self._note_event("line", text=f"{error} Next try in {for_s:g} s."[:_LONGEST_LINE])
        due = case((TABLE.c.cancel_requested_at.is_(None), now() + timedelta(seconds=for_s)))
        await self._write(not_before=due, **values)

    async def hand_over(self) -> None:
        """Let somebody else go on with it at once."""
        await self._write(job_id=None)

    def take_back(self, *, kept: Collection[str]) -> None:
        """Forget the results of the steps that were undone."""
        self._steps = rules.undone(self._steps, kept=kept)

    async def told(self) -> None:
        """Return when all that was told is written down."""
        self._hurry.set()
        if self._telling is not None:
            await self._telling

    def _tell(self, kind: EventKind, **data: object) -> None:
        self._note_event(kind, **data)
        if kind != "line":
            self._hurry.set()
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._write_untold())

    async def _write_untold(self) -> None:
        """Write down what was told, however long the database takes; lines a few at a time."""
        while self._untold and not self._is_lost:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LINES_EVERY_S):
                    await self._hurry.wait()
            self._hurry.clear()
            try:
                async with self.begin():
                    pass
            except Lost:
                log.warning("operation lost")
            except Unavailable as error:
                log.warning("cannot write progress", extra={"reason": error.detail})
                await asyncio.sleep(_DATABASE_AGAIN_S)

    def _end_step(self, status: str, result: object = None) -> None:
        if self._steps and self._steps[-1]["status"] == "running":
            step = self._steps[-1]
            step |= {"status": status, "ended_at": now().isoformat()}
            if result is not None:
                step["result"] = result
            self._tell_step(status)

    def _tell_step(self, status: str) -> None:
        done = rules.progress(self._steps, of=self._step_count)
        self._tell("step", name=self._steps[-1]["name"], status=status, progress=done)

    def _note_event(self, kind: EventKind, **data: object) -> None:
        self._untold.append(self._event(kind, **data))

    def _event(self, kind: EventKind, **data: object) -> dict[str, Any]:  # Any: columns
        return {"operation_id": self.id, "at": now(), "kind": kind, "data": data}

    async def _write(self, **values: Any) -> None:  # Any: columns
        await self.told()
        async with self.begin(**values):
            pass

    async def _write_in(self, session: Session, values: dict[str, Any]) -> int:  # Any: columns
        """Write down where it stands; return how many events went along. Raises Lost."""
        where = {
            "status": self._status,
            "steps": self._steps,
            "progress": rules.progress(self._steps, of=self._step_count),
        }
        told = len(self._untold)
        events = list(self._untold)
        if "ended_at" in values:
            events.append(self._event("end", status=values["status"]))
        query = update(TABLE).where(*self._is_mine()).values(where | values)
        asked = await session.execute(query.returning(TABLE.c.cancel_requested_at))
        self._note(asked.one_or_none())
        if self._is_lost:
            raise Lost(self.id)
        if values.get("status") == "succeeded" and self._cancel_requested and self._cancellable:
            raise CancelRequested(self.id)
        if events:
            await session.execute(insert(EVENTS), events)
        wake(session, topic(self.id))
        return told

    def _is_mine(self) -> Sequence[ColumnElement[bool]]:
        columns = TABLE.c
        return columns.id == self.id, columns.fence == self._fence, columns.ended_at.is_(None)

    def _note(self, found: Row[tuple[datetime | None]] | None) -> None:
        self._is_lost = found is None
        self._cancel_requested = found is not None and found[0] is not None
        self._sure_until = monotonic() + _SURE_FOR_S
