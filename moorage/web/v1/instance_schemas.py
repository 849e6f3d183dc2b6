"""What goes in and out of `/v1/instances`."""

from datetime import datetime
from typing import Annotated, Any, cast

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from moorage.engines.port import Container, ContainerStatus
from moorage.identity import service as identity
from moorage.instances import access, inside
from moorage.instances.models import Desired, Health, Instance, Observed, Status
from moorage.instances.service import Changes
from moorage.instances.tools import Tools
from moorage.inventory import service as inventory
from moorage.web.v1.fields import In, Out, left_out, text

ORDER = {
    "blueprint": "mysql",
    "name": "shop",
    "options": {"MYSQL_DATABASE": "shop", "--character-set-server": "utf8mb4"},
    "memory_mib": 512,
    "labels": {"team": "payments"},
}
_SUMMARY: JsonDict = {
    "id": "ins_01KAKQ8C5T8E3Q1M7P0S4D6F9H",
    "number": 7,
    "name": "shop",
    "blueprint": "mysql",
    "version": "8.4",
    "server": "local",
    "owner": "anna",
    "status": "running",
    "health": "healthy",
    "message": None,
    "memory_mib": 512,
    "cpus": 1.0,
    "labels": {"team": "payments"},
    "deletion_protection": False,
    "created_at": "2030-01-31T12:00:00.050Z",
}
_WHOLE: JsonDict = {
    **_SUMMARY,
    "desired": "running",
    "observed": "running",
    "observed_at": "2030-01-31T12:00:04.210Z",
    "options": {"MYSQL_DATABASE": "shop", "--character-set-server": "utf8mb4"},
    "endpoints": [
        {
            "name": "main",
            "protocol": "mysql",
            "address": "192.0.2.10",
            "port": 20007,
            "url": "mysql://192.0.2.10:20007/shop",
        }
    ],
    "usage": {
        "at": "2030-01-31T12:03:00.000Z",
        "memory_bytes": 188_743_680,
        "memory_limit_bytes": 536_870_912,
        "pids": 37,
        "cpu_s": 4.2,
        "received_bytes": 20_480,
        "sent_bytes": 81_920,
        "read_bytes": 1_048_576,
        "written_bytes": 4_194_304,
    },
    "containers": [
        {
            "service": "mysql",
            "name": "moorage-3f9c2a-mysql-7",
            "status": "running",
            "health": "healthy",
            "exit_code": None,
        }
    ],
}

Name = Annotated[
    str,
    text(range(1, 64), pattern="^[a-z]([a-z0-9-]*[a-z0-9])?$"),
]
Labels = Annotated[
    dict[str, str],
    Field(description="Yours: up to 64, names such as `team`, values of up to 255 characters."),
]


class InstanceIn(In):
    """An order. What is left out is decided by the blueprint; `GET /v1/blueprints/{name}` helps."""

    blueprint: str
    name: Name | None = None
    version: str | None = None
    options: dict[str, Any] | None = None  # Any: JSON; the catalogue checks each
    memory_mib: int | None = None
    cpus: float | None = None
    server: str | None = None
    labels: Labels | None = None
    deletion_protection: bool = False


class InstancePatch(In):
    """What changes; the rest stays. labels: all that it has from now on."""

    name: Name = left_out()
    labels: Labels = left_out()
    deletion_protection: bool = left_out()

    def changes(self) -> Changes:
        """Return what changes."""
        return cast(Changes, self.model_dump(exclude_unset=True))


class StateOut(Out):
    """What a PATCH can change; the ETag of an instance is of this alone."""

    name: str
    labels: dict[str, str]
    deletion_protection: bool


class InstanceItem(Out):
    """An instance in a list. server, owner: their names; message: what is wrong with it."""

    model_config = ConfigDict(json_schema_extra={"example": _SUMMARY})

    id: str
    number: int = Field(description="Its id on the doors with integers.")
    name: str
    blueprint: str
    version: str | None
    server: str
    owner: str
    status: Status
    health: Health | None
    message: str | None
    memory_mib: int
    cpus: float
    labels: dict[str, str]
    deletion_protection: bool
    created_at: datetime


class EndpointOut(Out):
    """Where a client logs in. url: without user and password."""

    name: str
    protocol: str
    address: str
    port: int
    url: str


class UsageOut(Out):
    """What it uses at a moment, and what it used since it was started."""

    at: datetime
    memory_bytes: int
    memory_limit_bytes: int
    pids: int
    cpu_s: float = Field(description="Of all processors together, since the start.")
    received_bytes: int
    sent_bytes: int
    read_bytes: int
    written_bytes: int


class ContainerOut(BaseModel):
    """A container of an instance. service: the one in the blueprint."""

    service: str
    name: str
    status: ContainerStatus
    health: Health | None
    exit_code: int | None


class InstanceOut(InstanceItem):
    """An instance. desired: what its owner wants; observed: what there is of it on its server."""

    model_config = ConfigDict(json_schema_extra={"example": _WHOLE})

    desired: Desired
    observed: Observed | None
    observed_at: datetime | None
    options: dict[str, Any]  # Any: JSON
    endpoints: list[EndpointOut]
    usage: UsageOut | None = Field(description="Null while nobody can measure it.")
    containers: list[ContainerOut]


class CredentialsOut(Out):
    """How to log in. environment: what the server was given, other users' passwords too.

    Of an app that has no users of its own, user and password are empty.
    """

    user: str
    password: str
    database: str
    address: str
    port: int
    url: str = Field(examples=["mysql://root:…@192.0.2.10:20007/shop"])
    environment: dict[str, str]


class LogOut(BaseModel):
    """The last lines, the oldest first. Secrets are masked."""

    lines: list[str] = Field(examples=[["Ready to accept connections"]])


async def whole(tools: Tools, instance: Instance) -> InstanceOut:
    """Return an instance with all that its owner may see, but for its credentials."""
    async with tools.db.read() as session:
        server = await inventory.get_server(session, instance.server_id)
        owner = await identity.get_user(session, instance.owner_id)
    seen = await inside.look(tools, instance)
    columns = {
        name: getattr(instance, name)
        for name in InstanceOut.model_fields.keys() & instance.__table__.columns.keys()
    }
    return InstanceOut(
        **columns,
        server=server.name,
        owner=owner.username,
        endpoints=[EndpointOut.model_validate(one) for one in access.endpoints(tools, instance)],
        usage=None if seen.usage is None else UsageOut.model_validate(seen.usage),
        containers=[container(instance, one) for one in seen.containers],
    )


def credentials(tools: Tools, instance: Instance) -> CredentialsOut:
    """Return how to log in. Raises NotFound when there is nowhere to log in."""
    return CredentialsOut.model_validate(access.credentials(tools, instance))


def container(instance: Instance, seen: Container) -> ContainerOut:
    """Return a container of an instance as it is seen."""
    return ContainerOut(
        service=inside.service_of(instance, seen),
        name=seen.name,
        status=seen.status,
        health=None if seen.health == "none" else seen.health,
        exit_code=seen.exit_code,
    )
