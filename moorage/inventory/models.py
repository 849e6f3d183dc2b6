"""Rows of servers and of what is handed out on them."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from moorage.kit.clock import now
from moorage.kit.db import Base
from moorage.kit.ids import new_id


class Installation(Base):
    """This installation of Moorage: one row. Its id is the label on all that it makes."""

    __tablename__ = "installation"

    only: Mapped[int] = mapped_column(primary_key=True, default=1)
    id: Mapped[str]


class Server(Base):
    """A machine with a Docker Engine."""

    __tablename__ = "servers"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("srv"))
    name: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class PortReservation(Base):
    """A port of a server that belongs to an instance, from its order to its end."""

    __tablename__ = "port_reservations"

    server_id: Mapped[str] = mapped_column(ForeignKey("servers.id"), primary_key=True)
    port: Mapped[int] = mapped_column(primary_key=True)
    instance_id: Mapped[str] = mapped_column(index=True)


class OwnerNetwork(Base):
    """The subnet of an owner's network on a server; an app is the owner of its own."""

    __tablename__ = "owner_networks"
    __table_args__ = (UniqueConstraint("server_id", "subnet"),)

    server_id: Mapped[str] = mapped_column(ForeignKey("servers.id"), primary_key=True)
    owner_id: Mapped[str] = mapped_column(primary_key=True)
    subnet: Mapped[str]


class MachineNumber(Base):
    """The number of a machine whose source knows it by a text. key: that text."""

    __tablename__ = "machine_numbers"
    __table_args__ = (UniqueConstraint("source", "key"), {"sqlite_autoincrement": True})

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    source: Mapped[str]
    key: Mapped[str]


class ReservedMachine(Base):
    """A machine that is not for everybody: administrators see it, and whom it is assigned to."""

    __tablename__ = "reserved_machines"

    machine_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class MachineAssignment(Base):
    """A user that sees a reserved machine."""

    __tablename__ = "machine_assignments"

    machine_id: Mapped[int] = mapped_column(
        ForeignKey("reserved_machines.machine_id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[str] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )


class MachineSample(Base):
    """What a machine was doing at a moment. cpu, gpu: used, 0 to 1; mem_used, disk_used: bytes."""

    __tablename__ = "machine_samples"

    machine_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(primary_key=True, index=True)
    cpu: Mapped[float | None]
    mem_used: Mapped[int | None] = mapped_column(BigInteger)
    disk_used: Mapped[int | None] = mapped_column(BigInteger)
    gpu: Mapped[float | None]
