"""Write down who did what, and read it."""

from typing import Protocol

from sqlalchemy import select

from moorage.audit.models import AuditEntry, Outcome
from moorage.kit.db import Session


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
    request_id: str | None,
    outcome: Outcome = "ok",
    detail: str | None = None,
) -> AuditEntry:
    """Write an entry, in the same commit as the change it tells of.

    action: `instance.create`; detail: never a secret.
    """
    entry = AuditEntry(
        user_id=caller.user_id if caller else None,
        username=caller.username if caller else None,
        action=action,
        subject=subject,
        address=source_address,
        request_id=request_id,
        outcome=outcome,
        detail=detail,
    )
    session.add(entry)
    await session.flush()
    return entry


async def list_entries(
    session: Session, *, limit: int, before: str | None = None
) -> list[AuditEntry]:
    """Return entries, newest first; before: the id that the last page ended with."""
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    return list(await session.scalars(query))
