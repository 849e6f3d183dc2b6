"""What an app's Compose file becomes when it runs: a second file, merged on top of it. Pure.

Nothing secret is in it: `${…}` stays in the first file, and is filled in when it is run.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from moorage.catalog.app import App
from moorage.catalog.folders import FOLDER

Json = Mapping[str, Any]  # Any: JSON of the parser

SERVICE = "moorage.service"  # a label

_NETWORK, _OWNERS = "moorage", "owners"  # in the file; on the server they have other names
_LOGS = {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}}
_PIDS = 1024
_GRACE_S = 120  # nothing else can be done with it while it stops
# What is of no use on a server of Moorage, or would contradict what follows here.
_LEFT_OUT = (
    *("build", "deploy", "devices", "gpus", "group_add", "scale", "network_mode", "external_links"),
    *("mem_reservation", "cpu_quota", "cpu_period", "cpu_count", "cpu_percent", "develop"),
    "tty",  # its log would come without the frames that tell lines apart
)


@dataclass(frozen=True, slots=True)
class ServiceImage:
    """What a service runs. is_ours: made here, so that it needs no privileges; user: who runs it,
    if its own file does not say it."""

    ref: str
    is_ours: bool = False
    user: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where and as what an app runs.

    name: of the main container, with which the others begin. prefix: with which volumes begin.
    labels: of all that is made. owners_network: for apps that reach the owner's databases.
    port, db_port: on the server. memory_mib, cpus: the most that one container gets; which of
    them needs how much, only the app knows.
    """

    name: str
    prefix: str
    labels: Mapping[str, str]
    network: str
    owners_network: str | None
    address: str
    port: int | None
    db_port: int | None
    memory_mib: int
    cpus: float
    images: Mapping[str, ServiceImage]


def services(model: Json) -> list[str]:
    """List the services that are started, each after those that it depends on."""
    started = {name: one for name, one in model["services"].items() if not one.get("profiles")}
    ordered: dict[str, None] = {}

    def add(name: str) -> None:
        if name in started and name not in ordered:
            for needed in started[name].get("depends_on") or {}:
                add(needed)
            ordered[name] = None

    for name in started:
        add(name)
    return [*ordered]


def lasting(model: Json, app: App | None = None) -> list[str]:
    """List those of them that go on running, as against those that do one thing and end.

    `restart: "no"` alone says little, as it is what Compose does anyway: it counts for what offers
    nothing while something else goes on.
    """
    awaited = _awaited(model)
    left = [name for name in services(model) if name not in awaited]
    ends = (app.main, app.database) if app else ()
    offers = {end.service for end in ends if end}
    sure = [name for name in left if name in offers or not _may_end(model["services"][name])]
    return sure or left


def outlet(model: Json, name: str) -> str | None:
    """Return who publishes a service's ports: it may have another one's network; None: or none."""
    while (mode := _mode(model["services"][name])).startswith("service:"):
        name = mode.removeprefix("service:")
    return None if mode == "none" else name


def main_service(app: App) -> str:
    """Return the service whose container has the app's name."""
    return app.main.service if app.main else app.services[0]


def container_name(app: App, name: str, service: str) -> str:
    """Return the name of a service's container."""
    return name if service == main_service(app) else f"{name}-{service}"


def container_names(app: App, name: str) -> set[str]:
    """Return the names that the containers of an app may have."""
    return {container_name(app, name, service) for service in app.services}


def volumes(model: Json, prefix: str) -> dict[str, str]:
    """Return the names on the server of the volumes that are used."""
    mounts = (
        mount for name in services(model) for mount in model["services"][name].get("volumes") or ()
    )
    used = [one["source"] for one in mounts if one["type"] == "volume" and one.get("source")]
    return {key: f"{prefix}-{key}" for key in used}


def override(app: App, model: Json, place: Place) -> str:
    """Return the file."""
    lasts = lasting(model, app)
    file = {
        "services": {
            service: _service(app, model, place, service, lasts=service in lasts)
            for service in services(model)
        },
        "networks": {
            key: {"external": True, "name": name}
            for key, name in ((_NETWORK, place.network), (_OWNERS, place.owners_network))
            if name is not None
        },
        "volumes": {
            key: {"name": name, "labels": dict(place.labels), **_plain(model["volumes"][key])}
            for key, name in volumes(model, place.prefix).items()
        },
        "configs": {
            key: config
            for key, config in (model.get("configs") or {}).items()
            if "content" in config
        },
    }
    return yaml.dump(file, Dumper=_Dumper, sort_keys=False)


def _service(app: App, model: Json, place: Place, name: str, *, lasts: bool) -> dict[str, object]:
    given: Json = model["services"][name]
    image = place.images[name]
    options = {*map(str, given.get("security_opt") or ()), "no-new-privileges:true"}
    return {
        **{key: _Reset() for key in _LEFT_OUT if key in given and not _is_shared(given, key)},
        **{key: _Instead(given[key]) for key in ("volumes", "configs") if key in given},
        **_network(given, joins=bool(place.owners_network) and name == main_service(app)),
        **_limits(given, place),
        **_privileges(given, image),
        **({"stop_grace_period": f"{_GRACE_S}s"} if _grace_s(given) > _GRACE_S else {}),
        # A shell that waits at a terminal would read the end of its input, and end.
        **({"stdin_open": True} if given.get("tty") else {}),
        "image": image.ref,
        "container_name": container_name(app, place.name, name),
        "labels": {**place.labels, SERVICE: name},
        "ports": _Instead([*_ports(app, model, place, name)]),
        "restart": "unless-stopped" if lasts else given.get("restart", "no"),
        "security_opt": _Instead(sorted(options)),
        "logging": _Instead(_LOGS),
    }


def _plain(volume: Json | None) -> dict[str, object]:
    """Return what makes a folder of the project an ordinary volume."""
    return {"driver_opts": _Reset()} if FOLDER in (volume or {}) else {}


def _awaited(model: Json) -> set[str]:
    """Return the services for whose end others wait."""
    return {
        name
        for one in model["services"].values()
        for name, how in (one.get("depends_on") or {}).items()
        if how.get("condition") == "service_completed_successfully"
    }


def _may_end(service: Json) -> bool:
    return service.get("restart") == "no" and not service.get("ports")


def _is_shared(given: Json, key: str) -> bool:
    """Return whether the key says that it has no network of its own."""
    return key == "network_mode" and _mode(given) != "own"


def _mode(given: Json) -> str:
    mode = str(given.get("network_mode") or "")
    return mode if mode == "none" or mode.startswith("service:") else "own"


def _network(given: Json, *, joins: bool) -> dict[str, object]:
    if _mode(given) != "own":
        return {}
    networks = (given.get("networks") or {}).values()
    aliases = sorted({alias for one in networks if one for alias in one.get("aliases") or ()})
    own: dict[str, object] = {_NETWORK: {"aliases": aliases} if aliases else {}}
    return {"networks": _Instead(own | ({_OWNERS: {}} if joins else {}))}


def _limits(given: Json, place: Place) -> dict[str, object]:
    """Return what it may take: what its own file says, if that is less."""
    own = ((given.get("deploy") or {}).get("resources") or {}).get("limits") or {}
    memory = int(own.get("memory") or given.get("mem_limit") or 0)
    cpus = float(own.get("cpus") or given.get("cpus") or 0)
    pids = int(own.get("pids") or given.get("pids_limit") or 0)
    bytes_ = min(memory or place.memory_mib << 20, place.memory_mib << 20)
    return {
        "mem_limit": bytes_,
        "memswap_limit": bytes_,  # equal to memory: it gets no swap
        "cpus": min(cpus or place.cpus, place.cpus),
        "pids_limit": pids if pids > 0 else _PIDS,
    }


def _grace_s(given: Json) -> int:
    """Return how many seconds a service wants to stop in, in the parser's words `1h2m3.5s`."""
    parts = re.findall(r"(\d+)(?:\.\d+)?([hms])(?![a-z])", str(given.get("stop_grace_period", "")))
    return sum(int(number) * {"h": 3600, "m": 60, "s": 1}[unit] for number, unit in parts)


def _privileges(given: Json, image: ServiceImage) -> dict[str, object]:
    if not image.is_ours:
        return {}
    user = {} if image.user is None or given.get("user") else {"user": image.user}
    return {"cap_drop": ["ALL"], "init": True, **user}


def _ports(app: App, model: Json, place: Place, name: str) -> Iterator[dict[str, object]]:
    published = ((app.main, place.port), (app.database, place.db_port))
    for endpoint, port in published:
        if endpoint and port is not None and outlet(model, endpoint.service) == name:
            yield {
                "mode": "ingress",
                "target": endpoint.port,
                "published": str(port),
                "host_ip": place.address,
                "protocol": "tcp",
            }


class _Reset:
    """Says that a key of the first file does not count."""


class _Instead:
    """Says that this takes the place of what the first file has, and is not added to it."""

    def __init__(self, value: object) -> None:
        self.value = value


class _Dumper(yaml.SafeDumper):
    """Writes both as https://docs.docker.com/reference/compose-file/merge/ has it."""

    def ignore_aliases(self, data: object) -> bool:
        """Write everything out."""
        return True

    def represent_reset(self, _data: _Reset) -> yaml.Node:
        """Write `!reset null`."""
        return self.represent_scalar("!reset", "null")

    def represent_instead(self, data: _Instead) -> yaml.Node:
        """Write `!override` and the value."""
        node = self.represent_data(data.value)
        node.tag = "!override"
        return node


_Dumper.add_representer(_Reset, _Dumper.represent_reset)
_Dumper.add_representer(_Instead, _Dumper.represent_instead)
