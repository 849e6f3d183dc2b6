"""Operations of no particular kind."""

from collections.abc import Sequence

from sqlalchemy import select

from moorage.kit.db import Database
from moorage.operations import service as operations
from moorage.operations.models import Operation, OperationEvent


async def make_operation(
    db: Database, kind: str = "test", *, subject: str = "thing", args: dict[str, str] | None = None
) -> Operation:
    """Ask for an operation."""
    async with db.begin() as session:
        return await operations.enqueue(session, kind, subject=subject, owner_id="usr", args=args)


async def ended(db: Database, operation: Operation) -> Operation:
    """Return the operation once it has ended."""
    found = await operations.wait(db, operation.id, timeout_s=10)
    assert found.is_ended, found.status
    return found


async def events_of(db: Database, operation: Operation) -> Sequence[OperationEvent]:
    """Return what happened in an operation, in order."""
    async with db.read() as session:
        rows = await session.scalars(
            select(OperationEvent)
            .where(OperationEvent.operation_id == operation.id)
            .order_by(OperationEvent.number)
        )
        return rows.all()
