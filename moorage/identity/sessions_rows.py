"""Sessions in the database, for installations without a Redis."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, select

from moorage.identity.models import Ticket
from moorage.identity.sessions import Session
from moorage.kit.clock import now
from moorage.kit.db import Database
from moorage.kit.rows import Query, Values


class RowSessions:
    """Implements identity.sessions.Sessions."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def put(self, digest: str, session: Session) -> None:
        """Keep a session until it expires."""
        async with self._db.begin() as rows:
            rows.add(
                Ticket(
                    digest=digest,
                    user_id=session.user_id,
                    era=session.era,
                    expires_at=session.expires_at,
                )
            )

    async def get(self, digest: str) -> Session | None:
        """Return a session; None when there is none, or none any more."""
        found = await self._db.answer(SESSIONS, digest=digest)
        return found if found and found.expires_at > now() else None

    async def end(self, digest: str) -> None:
        """Forget a session, if there is one."""
        async with self._db.begin() as rows:
            await rows.execute(delete(Ticket).where(Ticket.digest == digest))

    async def problem(self) -> str | None:
        """Return None: the database is asked for itself."""
        return None


async def forget_expired(db: Database) -> None:
    """Remove the rows of sessions that are over."""
    async with db.begin() as rows:
        await rows.execute(delete(Ticket).where(Ticket.expires_at <= now()))


def _session(rows: Sequence[tuple[str, str, datetime]], _values: Values) -> Session | None:
    return Session(*rows[0]) if rows else None


SESSIONS = Query(
    select(Ticket.user_id, Ticket.era, Ticket.expires_at).where(
        Ticket.digest == bindparam("digest")
    ),
    _session,
)
