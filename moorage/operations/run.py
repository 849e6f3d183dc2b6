"""One performance of an operation: what its job is told, and how it tells where it stands."""

import asyncio
from datetime import datetime
from typing import Any

from sqlalchemy import update

from moorage.kit.clock import now
from moorage.kit.db import Database, Session, wake
from moorage.operations.models import Operation, Status
from moorage.operations.service import topic

_SAY_EVERY_S = 1.0


class Run:
    """What a job gets. ended_at: set once the operation is written down as ended.

    Where it stands is written down beside the work, which does not wait for it; only how it ends
    is waited for.
    """

    def __init__(self, db: Database, operation: Operation) -> None:
        self.id = operation.id
        self.subject = operation.subject
        self.args: dict[str, Any] = operation.args  # Any: JSON of the job
        self.ended_at: datetime | None = None
        self._db = db
        self._status: Status = "undoing" if operation.status == "undoing" else "running"
        self._started_at = operation.started_at
        self._steps = [dict(step) for step in operation.steps]
        self._said_at = 0.0
        self._telling: asyncio.Task[None] | None = None

    async def step(self, name: str) -> None:
        """Begin a step; the one before is done."""
        self._end_step("succeeded")
        self._steps = [step for step in self._steps if step["name"] != name]
        started_at = now()
        self._started_at = self._started_at or started_at
        self._steps.append(
            {"name": name, "status": "running", "started_at": started_at.isoformat()}
        )
        await self._tell()

    async def say(self, line: str) -> None:
        """Show a line of progress in the current step; at most one a second is kept."""
        moment = asyncio.get_running_loop().time()
        if self._steps and moment - self._said_at >= _SAY_EVERY_S:
            self._said_at = moment
            self._steps[-1]["detail"] = line[:200]
            await self._tell()

    async def succeed(self, session: Session) -> None:
        """End well, in the same commit as the last rows of the job."""
        await self._end(session, "succeeded")

    async def begin_undoing(self, error: str, kind: str) -> None:
        """Write down why it failed, before anything is taken back."""
        await self.told()
        self._end_step("failed")
        self._status = "undoing"
        await self._commit(error=error, error_kind=kind)

    async def told(self) -> None:
        """Return when all that was told is written down. Raises Unavailable."""
        if self._telling is not None:
            await self._telling

    async def fail(self) -> None:
        """End badly, with everything taken back."""
        async with self._db.begin() as session:
            await self._end(session, "failed")

    async def _tell(self) -> None:
        await self.told()
        self._telling = asyncio.create_task(self._commit())

    async def _end(self, session: Session, status: Status) -> None:
        self._end_step(status)
        self._status = status
        self.ended_at = now()
        self._started_at = self._started_at or self.ended_at
        await self._write(session, ended_at=self.ended_at)

    def _end_step(self, status: str) -> None:
        if self._steps and self._steps[-1]["status"] == "running":
            self._steps[-1] |= {"status": status, "ended_at": now().isoformat()}

    async def _commit(self, **values: Any) -> None:  # Any: columns
        async with self._db.begin() as session:
            await self._write(session, **values)

    async def _write(self, session: Session, **values: Any) -> None:  # Any: columns
        # What was told before the end may come to be written after it: the end stays.
        await session.execute(
            update(Operation)
            .where(Operation.id == self.id, Operation.ended_at.is_(None))
            .values(status=self._status, steps=self._steps, started_at=self._started_at, **values)
        )
        wake(session, topic(self.id))
