"""Users and tokens."""

from collections.abc import Iterable
from datetime import datetime
from itertools import count

from moorage.identity import service as identity
from moorage.identity.models import Role, Token, User
from moorage.kit.db import Database

_numbers = count(1)


async def make_user(
    db: Database,
    *,
    username: str | None = None,
    role: Role = "user",
    password: str | None = None,
) -> User:
    """Add a user, with a name that no other one has."""
    async with db.begin() as session:
        return await identity.create_user(
            session,
            username=username or f"user-{next(_numbers)}",
            role=role,
            password=password,
        )


async def make_token(
    db: Database,
    *,
    user: User | None = None,
    name: str = "laptop",
    scopes: Iterable[str] = ("read", "write"),
    expires_at: datetime | None = None,
) -> tuple[Token, str]:
    """Issue a token, to a new user if need be."""
    owner = user or await make_user(db)
    async with db.begin() as session:
        return await identity.issue_token(
            session, user=owner, name=name, scopes=scopes, expires_at=expires_at
        )
