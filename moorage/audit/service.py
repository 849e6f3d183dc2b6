"""Write down who did what, and read it."""

from datetime import datetime
from typing import Protocol

from sqlalchemy import select

from moorage.audit.models import AuditEntry, Outcome
from moorage.kit.db import Session
from moorage.kit.log import request_id
from moorage.kit.paging import Page


class Actor(Protocol):
    """Whoever acted; a caller is one."""

    @property
    def user_id(self) -> str: ...

    @property
    def username(self) -> str: ...


async def record(
    session: Session,
    *,
    caller: Actor | None,
    action: str,
    subject: str,
    source_address: str | None,
    outcome: Outcome = "ok",
    detail: str | None = None,
) -> AuditEntry:
    """Write an entry, in the same commit as the change it tells of; it has the request's id.

    action: `instance.create`; detail: never a secret.
    """
    entry = AuditEntry(
        user_id=caller.user_id if caller else None,
        username=caller.username if caller else None,
        action=action,
        subject=subject,
        address=source_address,
        request_id=request_id.get(),
        outcome=outcome,
        detail=detail,
    )
    session.add(entry)
    await session.flush()
    return entry


async def record_failure(session: Session, *, action: str, subject: str, detail: str) -> None:
    """Write that the last such order came to nothing, under the name of who gave it."""
    order = await session.scalar(
        select(AuditEntry)
        .where(AuditEntry.subject == subject, AuditEntry.action == action)
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
    if order is not None:
        failure = AuditEntry(
            user_id=order.user_id,
            username=order.username,
            action=action,
            subject=subject,
            address=order.address,
            request_id=order.request_id,
            outcome="failed",
            detail=detail,
        )
        session.add(failure)
        await session.flush()


async def list_entries(
    session: Session,
    page: Page,
    *,
    user_id: str | None = None,
    action: str | None = None,
    subject: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[AuditEntry]:
    """Return a page of entries, and one more; since: not before; until: before that moment."""
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(page.one_more)
    exact = {
        AuditEntry.user_id: user_id,
        AuditEntry.action: action,
        AuditEntry.subject: subject,
    }
    for column, wanted in exact.items():
        if wanted is not None:
            query = query.where(column == wanted)
    if since is not None:
        query = query.where(AuditEntry.at >= since)
    if until is not None:
        query = query.where(AuditEntry.at < until)
    if page.after is not None:
        query = query.where(AuditEntry.id < page.after)
    return list(await session.scalars(query))
