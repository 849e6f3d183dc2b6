"""Where sessions are kept: what this room needs of a store."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who logged in. era: that of the user then; with another one the session ends."""

    user_id: str
    era: str
    expires_at: datetime


class Sessions(Protocol):
    """Sessions by the digests of their tickets, shared by all processes of the installation.

    Each call takes a second at most, and raises Unavailable when the store does not answer.
    """

    async def put(self, digest: str, session: Session) -> None:
        """Keep a session until it expires."""

    async def get(self, digest: str) -> Session | None:
        """Return a session; None when there is none, or none any more."""

    async def end(self, digest: str) -> None:
        """Forget a session, if there is one."""

    async def problem(self) -> str | None:
        """Return why the store does not answer, in a few words; None when it does."""
