"""What no Compose file of a stranger may ask of a server. Pure, but for links in its folder.

Judges the model that the reference parser made: variables, extends and include are resolved.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from moorage.catalog.findings import Finding, allowing, error, warning
from moorage.catalog.folders import CLOCKS
from moorage.catalog.safety_stores import (
    copied,
    empty,
    is_inside,
    path_of_server,
    stores,
)
from moorage.kit.errors import Invalid

Json = Mapping[str, Any]  # Any: JSON of the parser

# Key → why it is refused and what to do.
_NEVER = {
    "privileged": "It would own the server; remove it.",
    "devices": "It would reach devices of the server; remove them.",
    "device_cgroup_rules": "It would reach devices of the server; remove them.",
    "cgroup_parent": "It would leave the limits that Moorage sets; remove it.",
    "credential_spec": "It would use credentials of the server; remove it.",
    "external_links": "It would reach containers of others; remove them.",
    "oom_kill_disable": "It could take all memory of the server; remove it.",
    "cpu_rt_runtime": "It could take all processors of the server; remove it.",
    "cpu_rt_period": "It could take all processors of the server; remove it.",
    "userns_mode": "It would choose whose users it has; remove it.",
    "use_api_socket": "It would own the server's engine; remove it.",
    "provider": "It would run a program on the server; remove it.",
}
# Key → what becomes of it.
_LEFT_OUT = {
    "container_name": "It is replaced by a name of Moorage's own.",
    "ports": "Ports on the server are replaced by ones that Moorage chooses.",
    "gpus": "It is left out: Moorage hands out no GPUs.",
    "group_add": "It is left out: groups of the server mean nothing to the app.",
    "tty": "It is left out: nobody can attach to a terminal here.",
    "develop": "It is left out: it is for developing on one's own machine.",
}
# Key → the values it may have, and what the others would do. `service:…` stays in the project.
_NAMESPACES = {
    "network_mode": (r"|default|bridge|none|service:.+", "be in a network that is not its own"),
    "pid": (r"|service:.+", "see processes that are not its own"),
    "ipc": (r"|private|none|shareable|service:.+", "share memory that is not its own"),
    "uts": (r"", "have the name of the server"),
    "cgroup": (r"|private", "see limits that are not its own"),
    "isolation": (r"|default", "be separated otherwise than Moorage separates"),
    "runtime": (r"|runc", "run otherwise than Moorage runs containers"),
}
# https://github.com/distribution/reference/blob/main/reference.go
_HOST = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_PATH = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
_IMAGE = re.compile(
    rf"(?:(?:{_HOST}(?:\.{_HOST})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?/)?"
    rf"(?:{_PATH}/)*{_PATH}"
    r"(?::\w[\w.-]{0,127})?"
    r"(?:@[a-zA-Z][a-zA-Z0-9]*(?:[-_+.][a-zA-Z][a-zA-Z0-9]*)*:[a-fA-F0-9]{32,})?",
    re.ASCII,
)
_LONGEST_IMAGE = 600
# Every container of Docker has them: https://docs.docker.com/engine/containers/run/#runtime-privilege-and-linux-capabilities
_USUAL_CAPABILITIES = re.compile(
    "AUDIT_WRITE|CHOWN|DAC_OVERRIDE|FOWNER|FSETID|KILL|MKNOD|NET_BIND_SERVICE|NET_RAW"
    "|SETFCAP|SETGID|SETPCAP|SETUID|SYS_CHROOT"
)
_HARMLESS_SECURITY = re.compile(
    r"no-new-privileges([:=]true)?|apparmor[:=]docker-default|seccomp[:=](builtin|default)"
)
# Those that Linux keeps apart for each container; the engine refuses others late, or not at all.
_OWN_SYSCTLS = re.compile(r"net\..+|kernel\.(msg|shm).+|kernel\.sem|fs\.mqueue\..+")
_LOGS = ("json-file", "local", "none")
_DANGEROUS_ANNOTATIONS = ("org.systemd.", "run.oci.", "io.katacontainers.")
_LEFT_OUT_OF_DEPLOY = ("mode", "placement", "endpoint_mode", "update_config", "rollback_config")

# What an administrator may allow, for one app; the rest makes no sense of a file.
RULES = frozenset(
    {key.replace("_", "-") for key in (*_NEVER, *_NAMESPACES)}
    | {"annotations", "bind-mount", "bind-propagation", "cap-add", "docker-socket", "labels"}
    | {"external-config", "external-network", "external-secret", "external-volume", "mount-type"}
    | {"network-driver", "oom-score-adj", "security-opt", "store-driver", "sysctls"}
    | {"volume-driver", "volumes-from"}
)


def findings(model: Json, folder: Path, root: Path) -> list[Finding]:
    """Return what is wrong with a model.

    folder: where it was parsed, so what its paths begin with. root: where the files really are.
    """
    found = list(stores(model, folder, root))
    for name, service in model.get("services", {}).items():
        found += _service(f"services.{name}", service, model, folder, root)
    return found


def check(model: Json, folder: Path, *, allowed: Collection[str]) -> None:
    """Raise Invalid when the model of an order endangers the server: its variables decide too.

    folder: where it was parsed, and where its files are. allowed: rules that were lifted for it.
    """
    found = allowing(findings(model, folder, folder), allowed)
    fields = {one.where: one.detail for one in found if one.severity == "error"}
    if fields:
        sentences = (f"{where}: {detail}" for where, detail in fields.items())
        raise Invalid(" ".join(sentences), fields=fields)


def _service(where: str, service: Json, model: Json, folder: Path, root: Path) -> Iterator[Finding]:
    for key, detail in _NEVER.items():
        if service.get(key):
            yield error(f"{where}.{key}", key.replace("_", "-"), detail)
    for key, detail in _LEFT_OUT.items():
        if service.get(key):
            yield warning(f"{where}.{key}", key.replace("_", "-"), detail)
    for key, (allowed, what) in _NAMESPACES.items():
        value = str(service.get(key) or "")
        if not re.fullmatch(allowed, value):
            detail = f"With {value} it would {what}; remove it."
            yield error(f"{where}.{key}", key.replace("_", "-"), detail)
    yield from _image(where, service)
    yield from _privileges(where, service)
    yield from _mounts(where, service, folder, root)
    yield from _network(where, service)
    yield from _hooks(where, service)
    yield from _rest(where, service)


def _image(where: str, service: Json) -> Iterator[Finding]:
    image = str(service.get("image") or "")
    if image and (len(image) > _LONGEST_IMAGE or not _IMAGE.fullmatch(image)):
        detail = f"{image[:80]!r} is no name of an image, such as example.com/shop/web:1.2."
        yield error(f"{where}.image", "image", detail)
    if not service.get("build"):
        if not image:
            yield error(where, "image", "It has no image; name one.")
    elif image:
        yield warning(f"{where}.build", "build", "It is not built; its image is used.")
    else:
        detail = "Moorage runs images and builds none of strangers; push one and name it in image."
        yield error(f"{where}.build", "build", detail)


def _privileges(where: str, service: Json) -> Iterator[Finding]:
    for index, given in enumerate(service.get("cap_add") or ()):
        if not _USUAL_CAPABILITIES.fullmatch(str(given).upper().removeprefix("CAP_")):
            detail = f"{given} is a power over the server; remove it."
            yield error(f"{where}.cap_add[{index}]", "cap-add", detail)
    for index, option in enumerate(service.get("security_opt") or ()):
        if not _HARMLESS_SECURITY.fullmatch(str(option)):
            detail = f"{option} weakens what separates it from the server; remove it."
            yield error(f"{where}.security_opt[{index}]", "security-opt", detail)
    for key in service.get("sysctls") or ():
        if not _OWN_SYSCTLS.fullmatch(str(key)):
            detail = f"{key} is a setting of the whole server; remove it."
            yield error(f"{where}.sysctls.{key}", "sysctls", detail)
    if int(service.get("oom_score_adj") or 0) < 0:
        detail = "Others would be stopped in its place when memory is short; remove it."
        yield error(f"{where}.oom_score_adj", "oom-score-adj", detail)
    for key in service.get("annotations") or ():
        if str(key).startswith(_DANGEROUS_ANNOTATIONS):
            detail = f"{key} speaks to the runtime behind the engine; remove it."
            yield error(f"{where}.annotations.{key}", "annotations", detail)
    for key in service.get("labels") or ():
        if str(key).startswith("moorage."):
            detail = f"{key} would be mistaken for a label of Moorage's own; remove it."
            yield error(f"{where}.labels.{key}", "labels", detail)


def _mounts(where: str, service: Json, folder: Path, root: Path) -> Iterator[Finding]:
    for index, mount in enumerate(service.get("volumes") or ()):
        place, kind = f"{where}.volumes[{index}]", mount.get("type")
        source, target = str(mount.get("source") or ""), str(mount.get("target") or "")
        if not target.startswith("/"):
            detail = f"{target} is no path in a container, such as /data."
            if re.match("[A-Za-z]:/", target):
                detail = f"{detail} A volume's name needs two letters: one would be a drive."
            yield error(place, "mount-target", detail)
        if kind == "bind" and source in CLOCKS and mount.get("read_only"):
            yield warning(place, "bind-mount", "It is left out: set the variable TZ instead.")
        elif kind == "bind":
            yield from path_of_server(place, source, folder, root, missing=empty(place))
            if (mount.get("bind") or {}).get("propagation") not in (None, "private", "rprivate"):
                detail = "Mounts would spread between it and the server; remove propagation."
                yield error(place, "bind-propagation", detail)
            if is_inside(source, folder):
                yield copied(place)
        elif kind not in ("volume", "tmpfs", "image"):
            yield error(place, "mount-type", f"Mounts of type {kind} are of the server; remove it.")
    for index, name in enumerate(service.get("volumes_from") or ()):
        if str(name).startswith("container:"):
            detail = "It would share volumes of a container that is not its own; remove it."
            yield error(f"{where}.volumes_from[{index}]", "volumes-from", detail)


def _network(where: str, service: Json) -> Iterator[Finding]:
    if service.get("network_mode") == "bridge":
        detail = "It gets the instance's own network instead of the one that all share."
        yield warning(f"{where}.network_mode", "network-mode", detail)
    hosts = service.get("extra_hosts") or ()
    lines = [f"{key}={value}" for key, value in hosts.items()] if isinstance(hosts, dict) else hosts
    for index, line in enumerate(lines):
        if "host-gateway" in str(line):
            detail = "The server itself may be out of reach from the app's network."
            yield warning(f"{where}.extra_hosts[{index}]", "extra-hosts", detail)
    for name, network in (service.get("networks") or {}).items():
        if network and any(network.get(key) for key in ("ipv4_address", "ipv6_address")):
            detail = "The address is left out: Moorage hands out its own."
            yield warning(f"{where}.networks.{name}", "static-address", detail)


def _hooks(where: str, service: Json) -> Iterator[Finding]:
    for key in ("post_start", "pre_stop"):
        for index, hook in enumerate(service.get(key) or ()):
            if hook.get("privileged"):
                detail = "It would own the server; remove it."
                yield error(f"{where}.{key}[{index}].privileged", "privileged", detail)


def _rest(where: str, service: Json) -> Iterator[Finding]:
    driver = (service.get("logging") or {}).get("driver")
    if driver and driver not in _LOGS:
        detail = f"Logs go to Moorage, not to {driver}; it is left out."
        yield warning(f"{where}.logging", "logging", detail)
    deploy = service.get("deploy") or {}
    for place, count in (
        ("deploy.replicas", deploy.get("replicas")),
        ("scale", service.get("scale")),
    ):
        if count not in (None, 1):
            yield warning(f"{where}.{place}", "replicas", f"One container of it runs, not {count}.")
    ignored = [key for key in _LEFT_OUT_OF_DEPLOY if deploy.get(key)]
    if ignored:
        detail = f"{', '.join(ignored)}: for a swarm, so left out."
        yield warning(f"{where}.deploy", "deploy", detail)
    reservations = (deploy.get("resources") or {}).get("reservations") or {}
    if reservations.get("devices"):
        detail = "It is left out: Moorage hands out no devices."
        yield warning(f"{where}.deploy.resources.reservations.devices", "gpus", detail)
