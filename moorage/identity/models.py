"""Rows of users, of their tokens and of their tickets."""

from datetime import datetime
from typing import Literal

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from moorage.kit.clock import now
from moorage.kit.db import Base
from moorage.kit.ids import new_id

Role = Literal["admin", "user"]


class User(Base):
    """Somebody who calls. An admin sees and does everything, a user what it owns.

    number: the id on the doors whose documents promise integers.
    password_hash: None when the user has no password.
    era: a new one ends all sessions.
    quota_*: this user's own; None: the default of the installation.
    """

    __tablename__ = "users"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012  # SQLAlchemy's own interface

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True, default=lambda: new_id("usr"))
    username: Mapped[str] = mapped_column(unique=True)
    role: Mapped[Role] = mapped_column(Text, default="user")
    password_hash: Mapped[str | None]
    disabled: Mapped[bool] = mapped_column(default=False)
    era: Mapped[str] = mapped_column(default="", server_default="")
    quota_instances: Mapped[int | None]
    quota_memory_mib: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(default=now)

    @property
    def has_password(self) -> bool:
        """Whether it can log in without a token."""
        return self.password_hash is not None


class Token(Base):
    """An API token: we keep its SHA-256 only.

    scopes: `read` or `read write`.
    """

    __tablename__ = "tokens"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("tok"))
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str]
    digest: Mapped[str] = mapped_column(unique=True)
    scopes: Mapped[str]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_used_at: Mapped[datetime | None]


class Ticket(Base):
    """A session, where there is no Redis; see identity.sessions."""

    __tablename__ = "tickets"

    digest: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str]
    era: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(index=True)
