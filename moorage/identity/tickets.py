"""Tickets: whoever showed a password is known by one for some hours.

A ticket proves its own renewal too; the old one goes on until its time, for other windows. All of
a user's tickets end when the user's era does: see service.change_user.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from moorage.identity import service as identity
from moorage.identity.rules import Caller
from moorage.identity.sessions import Session, Sessions
from moorage.kit.clock import now
from moorage.kit.crypto import digest, is_token, new_token
from moorage.kit.db import Database

_KIND = "ticket"


@dataclass(frozen=True, slots=True)
class Login:
    """What a login gives. We keep neither of the two secrets."""

    username: str
    ticket: str
    csrf_token: str
    expires_at: datetime


async def log_in(
    db: Database, sessions: Sessions, *, username: str, password: str, lifetime: timedelta
) -> Login:
    """Begin a session. password: the user's, or one of the user's tickets.

    Raises Unauthenticated, in the same words for every cause, Throttled, Unavailable.
    """
    caller = await _find_caller(db, sessions, password)
    if caller is None or caller.username != username:
        caller = await identity.caller_of_password(db, username=username, password=password)
    ticket = new_token(_KIND)
    expires_at = (now() + lifetime).replace(microsecond=0)
    await sessions.put(digest(ticket), Session(caller.user_id, caller.era, expires_at))
    return Login(caller.username, ticket, csrf_token(ticket), expires_at)


async def log_out(sessions: Sessions, ticket: str) -> None:
    """End the session of a ticket, if it has one. Raises Unavailable."""
    if _is_ticket(ticket):
        await sessions.end(digest(ticket))


async def caller_of_ticket(db: Database, sessions: Sessions, ticket: str) -> Caller:
    """Return whose ticket it is. Raises Unauthenticated, as for a token, and Unavailable."""
    caller = await _find_caller(db, sessions, ticket)
    if caller is None:
        raise identity.unauthenticated()
    return caller


def csrf_token(ticket: str) -> str:
    """Return what only those can tell who know the ticket; a site that has it sent does not."""
    return hmac.digest(ticket.encode(), b"CSRFPreventionToken", "sha256").hex()


def is_csrf_token(given: str, ticket: str) -> bool:
    """Whether it is the one of the ticket, in constant time."""
    return hmac.compare_digest(given.encode(), csrf_token(ticket).encode())


async def _find_caller(db: Database, sessions: Sessions, ticket: str) -> Caller | None:
    session = await sessions.get(digest(ticket)) if _is_ticket(ticket) else None
    if session is None:
        return None
    caller = await identity.find_caller(db, session.user_id)
    return caller if caller and caller.era == session.era else None


def _is_ticket(text: str) -> bool:
    return text.startswith(f"{_KIND}_") and is_token(text)
