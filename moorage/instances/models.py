"""Rows of what runs for people."""

from datetime import datetime
from typing import Any, Literal, TypedDict

from sqlalchemy import JSON, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from moorage.kit.clock import now
from moorage.kit.db import Base
from moorage.kit.ids import new_id

Status = Literal["creating", "running", "degraded", "stopped", "failed", "deleting"]
Desired = Literal["running", "stopped", "gone"]
Health = Literal["starting", "healthy", "unhealthy"]
Observed = Literal[
    "running", "restarting", "paused", "stopped", "missing", "volume missing", "unknown"
]
Kind = Literal["container", "volume", "network"]
Form = Literal["database", "app"]

_IS_THERE = text("deleted_at IS NULL")
_FILTERS = (  # each pages in constant time, however many there were
    (),
    ("status",),
    ("blueprint",),
    ("server_id",),
    ("owner_id",),
    ("owner_id", "status"),
    ("owner_id", "blueprint"),
)
_HOLDS_ITS_NAME = text("deleted_at IS NULL AND status != 'failed'")


class Parts(TypedDict):
    """What an app consists of, by the names in its Compose file; volumes: by those on the server.

    images: of each service, those that others depend on first. lasting: services that go on
    running.
    """

    images: dict[str, str]
    lasting: list[str]
    volumes: list[str]


def _listed(*columns: str) -> Index:
    name = "_".join(("ix_instances", *columns, "id_listed"))
    return Index(name, *columns, "id", sqlite_where=_IS_THERE, postgresql_where=_IS_THERE)


class Instance(Base):
    """A blueprint that runs, or ran, for an owner on a server.

    number: the id on the resources door. edition: of an app that was added to the catalogue, which
    may have another one since. options: what the caller chose and is in force.
    db_port: of the database within an app. project: the name of an app's main container, with
    which those of the others begin. parts: None before an app runs for the first time.
    secrets_sealed: JSON of all credentials, sealed; empty once the instance is gone.
    message: why it failed, or what is wrong with it. desired: what its owner wants.
    observed: what there is of it on its server; unknown while its engine does not answer.
    observed_at: when that was first seen, or last brought about by an operation. health: as its
    engine says, healthy when a client has just used it, and starting from a start or restart
    until then; None when nobody knows.
    data_kept: its volume outlives it. labels: the owner's own.
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
        Index(
            "uq_instances_server_id_project",
            "server_id",
            "project",
            unique=True,
            sqlite_where=_HOLDS_ITS_NAME,
            postgresql_where=_HOLDS_ITS_NAME,
        ),
        Index("ix_instances_owner_id_number", "owner_id", "number"),
        *(_listed(*columns) for columns in _FILTERS),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True, default=lambda: new_id("ins"))
    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    server_id: Mapped[str] = mapped_column(ForeignKey("servers.id"))
    kind: Mapped[Form] = mapped_column(Text, default="database", server_default="database")
    blueprint: Mapped[str]
    edition: Mapped[str | None]
    version: Mapped[str | None]
    name: Mapped[str]
    status: Mapped[Status] = mapped_column(Text, default="creating")
    message: Mapped[str | None] = mapped_column(Text)
    desired: Mapped[Desired] = mapped_column(Text, default="running", server_default="running")
    observed: Mapped[Observed | None] = mapped_column(Text)
    observed_at: Mapped[datetime | None]
    health: Mapped[Health | None] = mapped_column(Text)
    labels: Mapped[dict[str, str]] = mapped_column(JSON, default=dict, server_default="{}")
    options: Mapped[dict[str, Any]] = mapped_column(JSON)  # Any: JSON of catalog.check
    secrets_sealed: Mapped[str] = mapped_column(Text)
    memory_mib: Mapped[int]
    cpus: Mapped[float]
    port: Mapped[int | None]
    db_port: Mapped[int | None]
    project: Mapped[str | None]
    parts: Mapped[Parts | None] = mapped_column(JSON(none_as_null=True))
    container_id: Mapped[str | None]
    deletion_protection: Mapped[bool] = mapped_column(default=False)
    data_kept: Mapped[bool] = mapped_column(default=False, server_default="0")
    created_at: Mapped[datetime] = mapped_column(default=now)
    deleted_at: Mapped[datetime | None]


# Listed, counted against quotas, and holding its name: not gone, and no failed order.
STANDS = (Instance.deleted_at.is_(None), Instance.status != "failed")


class Leftover(Base):
    """Something on a server that carries our label and belongs to nothing we know."""

    __tablename__ = "leftovers"

    server_id: Mapped[str] = mapped_column(ForeignKey("servers.id"), primary_key=True)
    kind: Mapped[Kind] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(default=now)
