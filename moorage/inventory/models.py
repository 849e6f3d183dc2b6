"""Rows of servers and of what is handed out on them."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
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
