"""What goes in and out of the VMs door."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from moorage.kit.errors import Invalid
from moorage.kit.i18n import Text
from moorage.openstack.port import Server
from moorage.vms.rules import Wanted
from moorage.web.bodies import parse

JsonObject = dict[str, Any]  # Any: JSON

_PARTS = ("image", "flavor", "network")


class VmIn(BaseModel):
    """A VM to make; image, flavor and network by name or id, each in one of two fields."""

    model_config = ConfigDict(extra="forbid")

    # Any: whatever was given is named in the answer, beside all else that is wrong.
    name: Any = None
    image_id: Any = None
    image: Any = None
    flavor_id: Any = None
    flavor: Any = None
    network_id: Any = None
    network: Any = None
    managed: Any = None


class RefusalOut(BaseModel):
    """What was not done, and why."""

    message: str


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ImageOut(_Out):
    """An image. size: in bytes; min_disk: in GB; min_ram: in MB."""

    id: str
    name: str
    status: str
    size: int | None
    min_disk: int
    min_ram: int
    created_at: str
    visibility: str | None
    disk_format: str | None


class FlavorOut(_Out):
    """A flavor. ram: in MB; disk: in GB."""

    id: str
    name: str
    vcpus: int
    ram: int
    disk: int


class NetworkOut(_Out):
    """A network. subnets: their ids."""

    id: str
    name: str
    status: str
    subnets: list[str]


class SizeOut(_Out):
    """The flavor of a VM. ram: in MB; disk: in GB. id: null when the cloud tells only the name."""

    id: str | None = None
    name: str | None
    vcpus: int | None
    ram: int | None
    disk: int | None


class ServerOut(_Out):
    """A VM. fault: why it is in ERROR."""

    id: str
    name: str
    status: str = Field(examples=["ACTIVE"])
    addresses: JsonObject
    image: JsonObject | None
    flavor: SizeOut
    created: str
    fault: str | None


class ImagesOut(BaseModel):
    """Images."""

    images: list[ImageOut]


class OneImageOut(BaseModel):
    """An image."""

    image: ImageOut


class FlavorsOut(BaseModel):
    """Flavors."""

    flavors: list[FlavorOut]


class OneFlavorOut(BaseModel):
    """A flavor."""

    flavor: FlavorOut


class NetworksOut(BaseModel):
    """Networks."""

    networks: list[NetworkOut]


class OneNetworkOut(BaseModel):
    """A network."""

    network: NetworkOut


class ServersOut(BaseModel):
    """VMs."""

    servers: list[ServerOut]


class OneServerOut(BaseModel):
    """A VM."""

    server: ServerOut


class RemovedOut(OneServerOut):
    """The VM as it was. success: whether it is gone."""

    success: bool


class AbsoluteOut(BaseModel):
    """Limits, and what is used of them, in Nova's words; -1: no limit."""

    absolute: dict[str, int]


class LimitsOut(BaseModel):
    """What the project may have."""

    limits: AbsoluteOut


ORDER: Mapping[str, object] = {
    "name": "web-1",
    "image_id": "cirros",
    "flavor_id": "m1.tiny",
    "network_id": "private",
}


def server(found: Server) -> JsonObject:
    """Return a VM as the door shows it."""
    return ServerOut.model_validate(found).model_dump()


def wanted(content: JsonObject, *, keep_failed: bool) -> tuple[Wanted, list[Invalid]]:
    """Return what a request asks for, and what is wrong with its fields."""
    known = {name: value for name, value in content.items() if value is not None}
    faults = [fault for fault in (_unknown(content), _managed(content)) if fault is not None]
    faults += [_twofold(part) for part in _PARTS if {part, f"{part}_id"} <= known.keys()]
    parts = {part: known.get(f"{part}_id", known.get(part)) for part in _PARTS}
    return Wanted(name=known.get("name"), keep_failed=keep_failed, **parts), faults


def _unknown(content: JsonObject) -> Invalid | None:
    try:
        parse(VmIn, content)
    except Invalid as error:
        return error
    return None


def _managed(content: JsonObject) -> Invalid | None:
    if content.get("managed") in (None, False, "false"):  # a form has text alone
        return None
    reason = Text("cannot be had yet: leave it out, or set it to false")
    return Invalid(Text("managed {reason}", reason=reason), fields={"managed": reason})


def _twofold(part: str) -> Invalid:
    reason = Text("is there twice, as {part} and {part}_id; give one of them", part=part)
    return Invalid(Text("{part} {reason}", part=part, reason=reason), fields={part: reason})
