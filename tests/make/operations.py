"""Operations of no particular kind."""

from moorage.kit.db import Database
from moorage.operations import service as operations
from moorage.operations.models import Operation


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
