"""Ask for durable work, look at it, wait for it."""

import asyncio
from typing import Any

from sqlalchemy import func, select

from moorage.kit.db import Database, Session, wake
from moorage.kit.errors import MoorageError, NotFound, Unavailable
from moorage.kit.log import request_id
from moorage.operations.models import UNFINISHED, Operation

QUEUE = "operations"  # the topic that wakes runners
_UNDONE_WITHIN_S = 3.0
_LOOK_AGAIN_S = 0.5  # another process may end an operation, and its commits wake nobody here


def topic(operation_id: str) -> str:
    """Return the topic that is touched when the operation changes its status."""
    return f"operation:{operation_id}"


async def enqueue(
    session: Session,
    kind: str,
    *,
    subject: str,
    owner_id: str,
    args: dict[str, Any] | None = None,  # Any: JSON of the job
) -> Operation:
    """Ask for an operation; it starts once this session commits and the subject is free."""
    operation = Operation(
        kind=kind,
        subject=subject,
        owner_id=owner_id,
        args=args or {},
        request_id=request_id.get(),
    )
    session.add(operation)
    await session.flush()
    wake(session, QUEUE)
    return operation


async def get(session: Session, operation_id: str) -> Operation:
    """Return an operation. Raises NotFound."""
    found = await session.scalar(select(Operation).where(Operation.id == operation_id))
    if found is None:
        raise _not_found(operation_id)
    return found


async def get_of_owner(session: Session, owner_id: str | None, operation_id: str) -> Operation:
    """Return an operation of an owner; None: of anybody. Raises NotFound."""
    operation = await get(session, operation_id)
    if owner_id not in (None, operation.owner_id):
        raise _not_found(operation_id)
    return operation


async def latest_unfinished(session: Session, *, subject: str, kind: str) -> Operation | None:
    """Return the newest operation of that kind that still works on the subject."""
    return await session.scalar(
        select(Operation)
        .where(Operation.subject == subject, Operation.kind == kind)
        .where(Operation.status.in_(UNFINISHED))
        .order_by(Operation.number.desc())
        .limit(1)
    )


async def wait(db: Database, operation_id: str, *, timeout_s: float) -> Operation:
    """Return the operation once it ended, or as it stands after the timeout or at our end.

    One that is being undone is not waited for much longer: why it failed is known.
    """
    clock = asyncio.get_running_loop().time
    deadline = clock() + timeout_s
    async with db.wakes.listen(topic(operation_id)) as changed:
        while True:
            changed.clear()
            async with db.read() as session:
                operation = await get(session, operation_id)
            if operation.status == "undoing":
                deadline = min(deadline, clock() + _UNDONE_WITHIN_S)
            left_s = deadline - clock()
            if operation.is_ended or left_s <= 0 or db.wakes.is_closed:
                return operation
            try:
                async with asyncio.timeout(min(left_s, _LOOK_AGAIN_S)):
                    await changed.wait()
            except TimeoutError:
                continue


async def count(session: Session) -> dict[tuple[str, str], int]:
    """Return how many operations there are by (kind, status)."""
    rows = await session.execute(
        select(Operation.kind, Operation.status, func.count()).group_by(
            Operation.kind, Operation.status
        )
    )
    return {(kind, status): number for kind, status, number in rows}


def failure(operation: Operation) -> MoorageError:
    """Return, as an error to raise, why the operation failed."""
    return Unavailable(operation.error or "The operation failed.")


def _not_found(operation_id: str) -> NotFound:
    return NotFound(f"There is no operation {operation_id[:80]!r}.")
