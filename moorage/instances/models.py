"""Rows of what runs for people."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import JSON, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from moorage.kit.clock import now
from moorage.kit.db import Base
from moorage.kit.ids import new_id

Status = Literal["creating", "running", "degraded", "stopped", "failed", "deleting"]

_HOLDS_ITS_NAME = text("deleted_at IS NULL AND status != 'failed'")


class Instance(Base):
    """A blueprint that runs, or ran, for an owner on a server.

    number: the id on the resources door. options: what the caller chose and is in force.
    secrets_sealed: JSON of all credentials, sealed; empty once the instance is gone.
    message: why it failed.
    """

    __tablename__ = "instances"
    __table_args__ = (
        Index(
            "uq_instances_owner_id_name",
            "owner_id",
            "name",
            unique=True,
            sqlite_where=_HOLDS_ITS_NAME,
            postgresql_where=_HOLDS_ITS_NAME,
        ),
        Index("ix_instances_owner_id_number", "owner_id", "number"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True, default=lambda: new_id("ins"))
    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    server_id: Mapped[str] = mapped_column(ForeignKey("servers.id"))
    blueprint: Mapped[str]
    version: Mapped[str | None]
    name: Mapped[str]
    status: Mapped[Status] = mapped_column(Text, default="creating")
    message: Mapped[str | None] = mapped_column(Text)
    options: Mapped[dict[str, Any]] = mapped_column(JSON)  # Any: JSON of catalog.check
    secrets_sealed: Mapped[str] = mapped_column(Text)
    memory_mib: Mapped[int]
    cpus: Mapped[float]
    port: Mapped[int | None]
    container_id: Mapped[str | None]
    deletion_protection: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)
    deleted_at: Mapped[datetime | None]
