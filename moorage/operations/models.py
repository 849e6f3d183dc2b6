"""Rows of durable work."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import JSON, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from moorage.kit.clock import now
from moorage.kit.db import Base
from moorage.kit.ids import new_id

Status = Literal["queued", "running", "undoing", "succeeded", "failed", "cancelled"]
UNFINISHED: tuple[Status, ...] = ("queued", "running", "undoing")


class Operation(Base):
    """One action on one subject. Those of a subject run one at a time, in the order of `number`.

    steps: `{name, status, started_at, ended_at, detail}` each, in the order they began.
    error_kind: name of the class in kit.errors; `Exception` for what nobody expected.
    """

    __tablename__ = "operations"
    __table_args__ = (
        Index("ix_operations_status_number", "status", "number"),
        Index("ix_operations_subject_number", "subject", "number"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True, default=lambda: new_id("op"))
    kind: Mapped[str]
    subject: Mapped[str]
    owner_id: Mapped[str]
    args: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # Any: JSON of the job
    status: Mapped[Status] = mapped_column(Text, default="queued")
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)  # Any: JSON
    error: Mapped[str | None] = mapped_column(Text)
    error_kind: Mapped[str | None]
    request_id: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    @property
    def is_ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.status not in UNFINISHED
