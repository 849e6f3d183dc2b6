"""Ask for durable work, look at it, wait for it, have it stopped or tried again."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update

from moorage.kit.clock import now
from moorage.kit.db import Database, Session, wake
from moorage.kit.errors import Conflict, MoorageError, NotFound, Unavailable
from moorage.kit.i18n import Text
from moorage.kit.log import request_id
from moorage.operations.models import UNFINISHED, Operation, OperationEvent

QUEUE = "operations"  # the topic that wakes runners
_UNDONE_WITHIN_S = 3.0


def topic(operation_id: str) -> str:
    """Return the topic that is touched when the operation changes its status."""
    return f"operation:{operation_id}"


async def enqueue(
    session: Session,
    kind: str,
    *,
    subject: str,
    owner_id: str,
    server_id: str | None = None,
    args: dict[str, Any] | None = None,  # Any: JSON of the job
) -> Operation:
    """Ask for an operation; it starts once this session commits and the subject is free.

    server_id: the server it works on, which has room for so many at once.
    """
    operation = Operation(
        kind=kind,
        subject=subject,
        owner_id=owner_id,
        server_id=server_id,
        args=args or {},
        request_id=request_id.get(),
    )
    session.add(operation)
    await session.flush()
    wake(session, QUEUE, everywhere=False)
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


async def latest_unfinished(
    session: Session, *, subject: str, kind: str | None = None
) -> Operation | None:
    """Return the newest operation, of that kind or of any, that still works on the subject."""
    query = select(Operation).where(Operation.subject == subject, Operation.status.in_(UNFINISHED))
    if kind is not None:
        query = query.where(Operation.kind == kind)
    return await session.scalar(query.order_by(Operation.number.desc()).limit(1))


async def list_unfinished(
    session: Session, *, kind: str, owner_id: str | None
) -> Sequence[Operation]:
    """Return what goes on of a kind, newest first. owner_id: None: of anybody."""
    query = select(Operation).where(Operation.status.in_(UNFINISHED), Operation.kind == kind)
    if owner_id is not None:
        query = query.where(Operation.owner_id == owner_id)
    return (await session.scalars(query.order_by(Operation.subject.desc()))).all()


async def under_way(session: Session, *, subject: str, kind: str) -> Operation | None:
    """Return the last thing asked of the subject if it is of that kind and goes on."""
    latest = await latest_unfinished(session, subject=subject)
    if latest is None or latest.kind != kind or latest.status == "undoing":
        return None
    return latest if latest.cancel_requested_at is None else None


async def list_own(
    session: Session,
    *,
    owner_id: str | None,
    limit: int,
    before: str | None = None,
    **filters: str | None,
) -> Sequence[Operation]:
    """Return operations, newest first. owner_id: None: of anybody.

    before: the id that the last page ended with; filters: columns that have a certain value.
    """
    query = select(Operation).order_by(Operation.id.desc()).limit(limit)
    if owner_id is not None:
        query = query.where(Operation.owner_id == owner_id)
    if before is not None:
        query = query.where(Operation.id < before)
    given = {name: value for name, value in filters.items() if value is not None}
    return (await session.scalars(query.filter_by(**given))).all()


async def cancel(session: Session, operation: Operation) -> Operation:
    """Have an operation stopped, and what it made taken back; it may take a moment.

    Asking again changes nothing. Raises Conflict when it is over, or past the point of no return.
    """
    if operation.is_ended:
        raise Conflict(Text("The operation has ended: it {status}.", status=operation.status))
    if not operation.cancellable:
        raise Conflict(
            Text("It is too late to cancel this operation: what it removes is half gone.")
        )
    asked = await _ask_to_stop(session, Operation.id == operation.id)
    if not asked:
        raise Conflict(Text("The operation has just ended."))
    return asked[0]


async def cancel_all(session: Session, *, subject: str) -> None:
    """Have all that goes on with a subject stopped, but what is past the point of no return."""
    await _ask_to_stop(session, Operation.subject == subject)


async def _ask_to_stop(session: Session, which: ColumnElement[bool]) -> Sequence[Operation]:
    asked = await session.scalars(
        update(Operation)
        .where(which, Operation.ended_at.is_(None), Operation.cancellable)
        .values(cancel_requested_at=func.coalesce(Operation.cancel_requested_at, now()))
        .values(not_before=None)
        .returning(Operation)
        .execution_options(populate_existing=True)
    )
    found = asked.all()
    for operation in found:
        wake(session, topic(operation.id))
    wake(session, QUEUE, everywhere=False)
    return found


async def retry(session: Session, operation: Operation) -> Operation:
    """Have a failed or cancelled operation tried again, from the step that failed.

    Raises Conflict when it has not failed.
    """
    asked = await session.execute(
        update(Operation)
        .where(Operation.id == operation.id, Operation.status.in_(("failed", "cancelled")))
        .values(status="queued", attempts=0, not_before=None, job_id=None, ended_at=None)
        .values(error=None, error_kind=None, cancel_requested_at=None, cancellable=True)
        .returning(Operation)
        .execution_options(populate_existing=True)
    )
    found = asked.scalar_one_or_none()
    if found is None:
        raise Conflict(
            Text(
                "Only what failed or was cancelled can be tried again; this one is {status}.",
                status=operation.status,
            )
        )
    session.add(OperationEvent(operation_id=found.id, kind="status", data={"status": "queued"}))
    wake(session, topic(found.id))
    wake(session, QUEUE, everywhere=False)
    return found


async def hurry(session: Session, *, server_id: str) -> None:
    """Have what waits for a server tried again now: it answers."""
    waiting = update(Operation).where(
        Operation.server_id == server_id,
        Operation.status.in_(UNFINISHED),
        Operation.not_before.is_not(None),
    )
    await session.execute(waiting.values(not_before=None))
    wake(session, QUEUE, everywhere=False)


async def forget_old(session: Session, *, ended_before: datetime, limit: int = 1000) -> int:
    """Remove operations that ended before a moment, and their events; return how many."""
    old = (
        await session.scalars(
            select(Operation.id).where(Operation.ended_at < ended_before).limit(limit)
        )
    ).all()
    await session.execute(delete(OperationEvent).where(OperationEvent.operation_id.in_(old)))
    await session.execute(delete(Operation).where(Operation.id.in_(old)))
    return len(old)


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
                async with asyncio.timeout(min(left_s, db.wakes.look_again_s)):
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
    if operation.was_cancelled:
        return Conflict(operation.error or Text("It was cancelled."))
    return Unavailable(operation.error or Text("The operation failed."))


def _not_found(operation_id: str) -> NotFound:
    return NotFound(Text("There is no operation {id!r}.", id=operation_id[:80]))
