"""Rows of durable work."""

from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import JSON, BigInteger, Index, Table, Text
from sqlalchemy.orm import Mapped, mapped_column

from moorage.kit.clock import now
from moorage.kit.db import Base
from moorage.kit.ids import new_id

Status = Literal["queued", "running", "undoing", "succeeded", "failed", "cancelled"]
UNFINISHED: tuple[Status, ...] = ("queued", "running", "undoing")
CANCELLED = "CancelRequested"  # the error_kind of what somebody had stopped
EventKind = Literal["status", "step", "line", "end"]


class Operation(Base):
    """One action on one subject. Those of a subject run one at a time, in the order of `number`.

    steps: `{name, status, started_at, ended_at, detail, result}` each, in the order they began.
    error_kind: name of the class in kit.errors; `Exception` for what nobody expected.
    server_id: the server it works on; None: none in particular.
    fence: grows each time somebody begins to perform it; only who began last may write.
    attempts: how often it was put off. not_before: when it is tried again.
    cancellable: False once there is no way back. job_id: its job in a queue that keeps its own.
    """

    __tablename__ = "operations"
    __table_args__ = (
        Index("ix_operations_status_number", "status", "number"),
        Index("ix_operations_subject_number", "subject", "number"),
        Index("ix_operations_owner_id_id", "owner_id", "id"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True, default=lambda: new_id("op"))
    kind: Mapped[str]
    subject: Mapped[str]
    owner_id: Mapped[str]
    server_id: Mapped[str | None]
    args: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # Any: JSON of the job
    status: Mapped[Status] = mapped_column(Text, default="queued")
    progress: Mapped[int] = mapped_column(default=0, server_default="0")  # per cent
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)  # Any: JSON
    error: Mapped[str | None] = mapped_column(Text)
    error_kind: Mapped[str | None]
    request_id: Mapped[str | None]
    fence: Mapped[int] = mapped_column(default=0, server_default="0")
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    not_before: Mapped[datetime | None]
    cancel_requested_at: Mapped[datetime | None]
    cancellable: Mapped[bool] = mapped_column(default=True, server_default="1")
    job_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    @property
    def is_ended(self) -> bool:
        """Whether nothing more will happen, unless somebody has it tried again."""
        return self.status not in UNFINISHED

    @property
    def was_cancelled(self) -> bool:
        """Whether somebody had it stopped, and that is why it came to nothing."""
        return self.error_kind == CANCELLED

    @property
    def has_failed(self) -> bool:
        """Whether it came to nothing, even if that is still being taken back."""
        return self.status in ("undoing", "failed", "cancelled")


class OperationEvent(Base):
    """Something that happened in an operation, for those who watch. Numbers only grow."""

    __tablename__ = "operation_events"
    __table_args__ = (
        Index("ix_operation_events_operation_id_number", "operation_id", "number"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    operation_id: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)
    kind: Mapped[EventKind] = mapped_column(Text)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)  # Any: JSON, by kind


# For writes without the ORM, which would double what a step costs.
TABLE = cast(Table, Operation.__table__)
EVENTS = cast(Table, OperationEvent.__table__)


class Lease(Base):
    """What one process of the installation has for itself, until a moment."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    until: Mapped[datetime]
