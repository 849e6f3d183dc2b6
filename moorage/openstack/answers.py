"""What OpenStack answers → what our port tells. Pure.

Source: https://docs.openstack.org/api-ref/ (compute, image, network).
"""

from collections.abc import Callable, Mapping
from typing import Any

from moorage.openstack.port import Flavor, Image, Kind, Network, Server, ServerSpec

Json = Mapping[str, Any]  # Any: JSON

# Nova shows a flavor by name and size, and says why a server is in ERROR.
MICROVERSION = "2.47"

RECLAIMED_LATER = "SOFT_DELETED"  # gone for its owner; there are clouds that keep it for days


def image(told: Json) -> Image:
    """Return an image of Glance's."""
    return Image(
        id=told["id"],
        name=told.get("name") or "",
        status=told["status"],
        size=told.get("size"),
        min_disk=told.get("min_disk", 0),
        min_ram=told.get("min_ram", 0),
        created_at=told["created_at"],
        visibility=told.get("visibility"),
        disk_format=told.get("disk_format"),
    )


def flavor(told: Json) -> Flavor:
    """Return a flavor of Nova's."""
    return Flavor(
        id=told["id"],
        name=told["name"],
        vcpus=told["vcpus"],
        ram=told["ram"],
        disk=told["disk"],
    )


def network(told: Json) -> Network:
    """Return a network of Neutron's."""
    return Network(
        id=told["id"],
        name=told.get("name") or "",
        status=told["status"],
        subnets=list(told.get("subnets", ())),
    )


def server(told: Json) -> Server:
    """Return a server of Nova's."""
    image, size = told.get("image") or None, told.get("flavor", {})
    return Server(
        id=told["id"],
        name=told["name"],
        status=told["status"],
        created=told["created"],
        addresses=told.get("addresses", {}),
        image={"id": image["id"]} if image else None,
        flavor={
            "name": size.get("original_name"),
            **{key: size.get(key) for key in ("vcpus", "ram", "disk")},
        },
        task=told.get("OS-EXT-STS:task_state"),
        fault=told["fault"]["message"] if told.get("fault") else None,
        metadata=told.get("metadata", {}),
    )


READ: Mapping[type, Callable[[Json], Any]] = {  # Any: an object of the key
    Image: image,
    Flavor: flavor,
    Network: network,
    Server: server,
}


def read(kind: type[Kind], told: Json) -> Kind:
    """Return what is told as an object of the kind. Raises KeyError, TypeError."""
    found: Kind = READ[kind](told)
    return found


def order(spec: ServerSpec) -> dict[str, Any]:  # Any: JSON
    """Return the body that asks Nova for a server."""
    return {
        "server": {
            "name": spec.name,
            "imageRef": spec.image,
            "flavorRef": spec.flavor,
            "networks": [{"uuid": spec.network}],
            "metadata": dict(spec.metadata),
        }
    }


def limits(told: Json) -> dict[str, int]:
    """Return Nova's absolute limits; -1: none."""
    absolute = told["limits"]["absolute"]
    return {name: value for name, value in absolute.items() if isinstance(value, int)}
