"""What goes in and out of the resources door."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from moorage.catalog import render
from moorage.instances import service as instances
from moorage.instances.models import Instance
from moorage.instances.service import Order
from moorage.instances.tools import Tools
from moorage.kit.errors import Invalid
from moorage.web.bodies import parse

JsonObject = dict[str, Any]  # Any: JSON


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class UserIn(_In):
    """A new user."""

    username: str


class OrderIn(_In):
    """An order. What is left out is decided by the blueprint."""

    resource_name: str
    config: Any = None  # Any: JSON; the catalogue says what is wrong with it, key by key
    name: str | None = None
    version: str | None = None
    memory_mib: int | None = None
    cpus: float | None = None
    server: str | None = None


class ProtectionIn(_In):
    """What can be changed about a resource."""

    deletion_protection: bool


class UserOut(BaseModel):
    """A new user with its token, which is shown this once."""

    id: int
    username: str
    token: str


class ResourceItem(BaseModel):
    """A resource in a list: no credentials."""

    id: int
    container_id: str | None
    resource: str
    config: JsonObject
    name: str
    status: str


class ResourceOut(ResourceItem):
    """A resource with its credentials. message: why it failed."""

    url: str | None
    deletion_protection: bool = False
    message: str | None = None


class ResourceShown(ResourceOut):
    """is_running: whether a client can log in right now."""

    is_running: bool


class ResourceList(BaseModel):
    """The caller's resources in the order they were made."""

    data: list[ResourceItem]


class DeletedOut(BaseModel):
    """volume: the one that was kept, when that was asked for."""

    id: int
    deleted: bool
    volume: str | None = None


class ErrorOut(BaseModel):
    """errors: field → reason."""

    message: str
    errors: dict[str, str] = Field(default_factory=dict)


MYSQL_ORDER: Mapping[str, object] = {
    "resource_name": "mysql",
    "config": {"MYSQL_DATABASE": "haha", "--character-set-server": "utf8mb4"},
}


def user(content: JsonObject) -> UserIn:
    """Return the new user that a request tells of. Raises Invalid."""
    if content.get("username") in (None, ""):
        raise Invalid("username must required!", fields={"username": "is required"})
    return parse(UserIn, content)


def order(tools: Tools, content: JsonObject) -> Order:
    """Return the order that a request tells of. Raises Invalid."""
    if content.get("resource_name") in (None, ""):
        raise Invalid("resource_name must required!", fields={"resource_name": "is required"})
    given = parse(OrderIn, content)
    known = [blueprint.name for blueprint in tools.catalog.list("database")]
    if given.resource_name not in known:
        sentence = f"must choose mysql or redis! There are: {', '.join(known)}."
        raise Invalid(sentence, fields={"resource_name": sentence})
    return Order(
        blueprint=given.resource_name,
        config=given.config,
        name=given.name,
        version=given.version,
        memory_mib=given.memory_mib,
        cpus=given.cpus,
        server=given.server,
    )


def item(instance: Instance) -> JsonObject:
    """Return an instance as the list shows it."""
    return {
        "id": instance.number,
        "container_id": instance.container_id,
        "resource": instance.blueprint,
        "config": instance.options,
        "name": instance.name,
        "status": instance.status,
    }


def full(tools: Tools, instance: Instance) -> JsonObject:
    """Return an instance with its address and credentials; without them when it has none."""
    shown = item(instance) | {
        "url": None,
        "deletion_protection": instance.deletion_protection,
        "message": instance.message,
    }
    if instance.port is None:
        return shown
    blueprint = tools.catalog.get(instance.blueprint)
    settled = instances.settled(tools, instance)
    address = tools.settings.reachable_address
    config = {
        "container_id": instance.container_id,
        "addr": address,
        "port": instance.port,
        "config": render.config(blueprint, settled),
        **render.show(blueprint, settled),
    }
    url = render.url(blueprint, settled, address, instance.port)
    return shown | {"config": config, "url": url}
