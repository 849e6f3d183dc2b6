"""Names and labels of what an instance consists of. Pure."""

import re
from collections.abc import Sequence

from moorage.engines.port import EngineInfo
from moorage.instances.models import Instance
from moorage.kit.errors import Conflict
from moorage.kit.faults import refused
from moorage.kit.i18n import Text

_NAME = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")  # one label of a host name, RFC 1035 §2.3.4

DEPLOYMENT = "moorage.deployment"
INSTANCE = "moorage.instance"
BLUEPRINT = "moorage.blueprint"
OWNER = "moorage.owner"


def is_name(text: str) -> bool:
    """Whether it could be the name of an instance, which is a host name too."""
    return _NAME.fullmatch(text) is not None


def check_name(name: str) -> str:
    """Return the name. Raises Invalid when it could not be a host name."""
    if is_name(name):
        return name
    reason = Text(
        "{name!r:.80} is given; 1 to 63 lower-case letters, digits and hyphens are allowed, "
        "a letter first, no hyphen last",
        name=name,
    )
    raise refused({"name": reason})


def check_fits(memory_mib: int, cpus: float, size: EngineInfo | None) -> None:
    """Raise Invalid when a server, if we know its size, could never hold that much."""
    if size is None:
        return
    fields = {}
    if memory_mib > size.memory_mib:
        fields["memory_mib"] = Text(
            "{needed} is needed, the server has {size}", needed=memory_mib, size=size.memory_mib
        )
    if cpus > size.cpus:
        fields["cpus"] = Text(
            "{asked:g} is asked for, the server has {size}", asked=cpus, size=size.cpus
        )
    if fields:
        raise refused(fields)


def default_name(blueprint: str, number: int) -> str:
    """Return the name of an instance whose owner gave none."""
    return f"{blueprint}-{number}"


def container_name(installation: str, instance: Instance) -> str:
    """Return a name that no other installation on the same engine uses."""
    return f"moorage-{installation[:6]}-{instance.blueprint}-{instance.number}"


def main(instance: Instance) -> str:
    """Return the name of an app's main container."""
    return instance.project or instance.name


def name_taken(name: str) -> Conflict:
    """Return what to tell when a container of somebody else has the name of one of ours."""
    return Conflict(
        Text("A container {name} exists on this server already: remove or rename it.", name=name)
    )


def volume_name(container: str) -> str:
    """Return the name of the volume with the data of a container."""
    return f"{container}-data"


def volumes(installation: str, instance: Instance) -> Sequence[str]:
    """Return the names of the volumes with the data of an instance."""
    if instance.kind == "app":
        return instance.parts["volumes"] if instance.parts else ()
    return [volume_name(container_name(installation, instance))]


def lasting(instance: Instance) -> Sequence[str]:
    """Return the services of an instance that go on running; a database has one without a name."""
    if instance.kind == "app":
        return instance.parts["lasting"] if instance.parts else ()
    return [""]


def network_name(installation: str, owner_id: str) -> str:
    """Return the name of an owner's network."""
    return f"moorage-{installation[:6]}-{owner_id.lower()}"


def labels(installation: str, instance_id: str, blueprint: str) -> dict[str, str]:
    """Return the labels by which everything of an instance is found again."""
    return {DEPLOYMENT: installation, INSTANCE: instance_id, BLUEPRINT: blueprint}


def owner_labels(installation: str, owner_id: str) -> dict[str, str]:
    """Return the labels of what all instances of an owner share."""
    return {DEPLOYMENT: installation, OWNER: owner_id}
