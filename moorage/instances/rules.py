"""Names and labels of what an instance consists of. Pure."""

import re

from moorage.engines.port import EngineInfo
from moorage.kit.errors import Invalid

_NAME = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")  # one label of a host name, RFC 1035 §2.3.4

DEPLOYMENT = "moorage.deployment"
INSTANCE = "moorage.instance"
BLUEPRINT = "moorage.blueprint"
OWNER = "moorage.owner"


def check_name(name: str) -> str:
    """Return the name. Raises Invalid when it could not be a host name."""
    if _NAME.fullmatch(name):
        return name
    reason = (
        f"{name[:80]!r} is given; 1 to 63 lower-case letters, digits and hyphens are allowed, "
        "a letter first, no hyphen last"
    )
    raise Invalid(f"name: {reason}.", fields={"name": reason})


def check_fits(memory_mib: int, cpus: float, size: EngineInfo | None) -> None:
    """Raise Invalid when a server, if we know its size, could never hold that much."""
    if size is None:
        return
    fields = {}
    if memory_mib > size.memory_mib:
        fields["memory_mib"] = f"{memory_mib} is needed, the server has {size.memory_mib}"
    if cpus > size.cpus:
        fields["cpus"] = f"{cpus:g} is asked for, the server has {size.cpus}"
    if fields:
        sentences = "; ".join(f"{name}: {reason}" for name, reason in fields.items())
        raise Invalid(f"{sentences}.", fields=fields)


def default_name(blueprint: str, number: int) -> str:
    """Return the name of an instance whose owner gave none."""
    return f"{blueprint}-{number}"


def container_name(installation: str, blueprint: str, number: int) -> str:
    """Return a name that no other installation on the same engine uses."""
    return f"moorage-{installation[:6]}-{blueprint}-{number}"


def volume_name(container: str) -> str:
    """Return the name of the volume with the data of a container."""
    return f"{container}-data"


def network_name(installation: str, owner_id: str) -> str:
    """Return the name of an owner's network."""
    return f"moorage-{installation[:6]}-{owner_id.lower()}"


def labels(installation: str, instance_id: str, blueprint: str) -> dict[str, str]:
    """Return the labels by which everything of an instance is found again."""
    return {DEPLOYMENT: installation, INSTANCE: instance_id, BLUEPRINT: blueprint}


def owner_labels(installation: str, owner_id: str) -> dict[str, str]:
    """Return the labels of what all instances of an owner share."""
    return {DEPLOYMENT: installation, OWNER: owner_id}
