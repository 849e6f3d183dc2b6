"""What no volume, config, secret or network of a stranger's Compose file may be. See safety."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from posixpath import normpath
from typing import Any

from moorage.catalog import project
from moorage.catalog.findings import Finding, error, warning
from moorage.kit.errors import Invalid

Json = Mapping[str, Any]  # Any: JSON of the parser

_SOCKETS = ("docker.sock", "podman.sock", "containerd.sock", "crio.sock", "docker_engine")
_NETWORK_DRIVERS = ("", "default", "bridge")
_FOLDER_WORDS = {"bind", "rbind", "ro", "rw", "noexec", "nosuid", "nodev"}
_MEMORY_WORDS = {"size", "mode", "uid", "gid", "nr_inodes", "noexec", "nosuid", "nodev", "rw"}
_SERVERS_NETWORKS = ("host", "bridge", "none")


def stores(model: Json, folder: Path, root: Path) -> Iterator[Finding]:
    """List what is wrong with what services share."""
    for name, volume in (model.get("volumes") or {}).items():
        own = f"{model.get('name')}_{name}"
        yield from _volume(f"volumes.{name}", volume or {}, folder, root, own=own)
    for name, network in (model.get("networks") or {}).items():
        own = f"{model.get('name')}_{name}"
        yield from _network(f"networks.{name}", network or {}, own=own)
    for kind in ("configs", "secrets"):
        services = (model.get("services") or {}).values()
        used = {one["source"] for service in services for one in service.get(kind) or ()}
        for name, store in (model.get(kind) or {}).items():
            yield from _file(f"{kind}.{name}", store or {}, folder, root, is_used=name in used)


def path_of_server(
    where: str, source: str, folder: Path, root: Path, *, missing: Finding | None = None
) -> Iterator[Finding]:
    """Refuse a path of the server, and say which kind of it. missing: said of one that is not."""
    if any(name in source.lower() for name in _SOCKETS):
        detail = f"{_shown(source, folder)} is the engine, and so the server; remove it."
        yield error(where, "docker-socket", detail)
    elif not is_inside(source, folder):
        detail = f"{_shown(source, folder)} is on the server; use a named volume."
        yield error(where, "bind-mount", detail)
    else:
        try:
            there = project.find(root, str(Path(normpath(source)).relative_to(folder)))
        except Invalid as refusal:
            yield error(where, "bind-mount", refusal.message)
        else:
            if there is None and missing is not None:
                yield missing


def is_inside(source: str, folder: Path) -> bool:
    """Tell whether a path is within the project."""
    clean = normpath(source)
    return "\\" not in source and (Path(clean) == folder or Path(clean).is_relative_to(folder))


def copied(where: str) -> Finding:
    """Say what becomes of what is mounted of the project."""
    detail = "It is copied: a file becomes a config of the instance, a folder a volume."
    return warning(where, "bind-in-project", detail)


def empty(where: str) -> Finding:
    """Say what becomes of what is mounted and missing."""
    return warning(where, "missing-file", "It is missing and taken as an empty folder.")


def _volume(where: str, volume: Json, folder: Path, root: Path, *, own: str) -> Iterator[Finding]:
    if volume.get("external"):
        detail = "It would be a volume of somebody else; remove external."
        yield error(f"{where}.external", "external-volume", detail)
    elif volume.get("name") not in (None, own):
        yield warning(f"{where}.name", "name", "It is replaced by a name of Moorage's own.")
    if volume.get("driver") not in (None, "", "local"):
        detail = f"Volumes are on the server's disk, not by {volume['driver']}; remove driver."
        yield error(f"{where}.driver", "volume-driver", detail)
    options = {key: str(value) for key, value in (volume.get("driver_opts") or {}).items()}
    if not options or _is_memory(options):
        return
    place, device = f"{where}.driver_opts", options.get("device", "")
    if _is_folder(options) and is_inside(device, folder):
        yield from path_of_server(place, device, folder, root, missing=empty(place))
        yield copied(place)
    elif _is_folder(options):
        yield from path_of_server(f"{place}.device", device, folder, root)
    else:
        detail = f"{_shown(device, folder) or 'It'} is mounted by the server; remove driver_opts."
        yield error(place, "volume-driver", detail)


def _is_folder(options: Mapping[str, str]) -> bool:
    """Tell whether it is another folder under a new name, and nothing else."""
    words = {word for word in options.get("o", "").split(",") if word}
    is_bind = bool(words & {"bind", "rbind"}) and words <= _FOLDER_WORDS
    return is_bind and options.get("type", "none") in ("", "none")


def _is_memory(options: Mapping[str, str]) -> bool:
    """Tell whether it is a tmpfs and nothing else: with `bind` the type would say nothing."""
    words = [word.partition("=")[0] for word in options.get("o", "").split(",") if word]
    return (
        options.get("type") == "tmpfs"
        and options.get("device", "tmpfs") == "tmpfs"
        and set(words) <= _MEMORY_WORDS
    )


def _network(where: str, network: Json, *, own: str) -> Iterator[Finding]:
    name = network.get("name")
    if name in _SERVERS_NETWORKS:
        detail = f"{name} is a network of the server; remove it."
        yield error(where, "network-mode", detail)
    elif network.get("external"):
        detail = "It would join a network of somebody else; remove external."
        yield error(f"{where}.external", "external-network", detail)
    if (network.get("driver") or "") not in _NETWORK_DRIVERS:
        detail = f"{network['driver']} is of the server or beyond it; remove driver."
        yield error(f"{where}.driver", "network-driver", detail)
    options = [key for key in network.get("driver_opts") or () if not key.endswith(".mtu")]
    if options:
        detail = f"{', '.join(options)} changes the server's networks; remove it."
        yield error(f"{where}.driver_opts", "network-driver", detail)
    if name not in (None, own) or (network.get("ipam") or {}).get("config"):
        detail = "Name and addresses are replaced by Moorage's own."
        yield warning(where, "network", detail)


def _file(where: str, store: Json, folder: Path, root: Path, *, is_used: bool) -> Iterator[Finding]:
    if store.get("external"):
        detail = "It would be somebody else's; give it as a file of the project, or as content."
        yield error(f"{where}.external", f"external-{where.split('.')[0][:-1]}", detail)
    if store.get("driver") or store.get("template_driver"):
        yield error(f"{where}.driver", "store-driver", "It is for a swarm; remove driver.")
    if store.get("file"):
        file = str(store["file"])
        detail = f"{_shown(file, folder)} is missing; put it into the project's folder."
        missing = error(f"{where}.file", "missing-file", detail) if is_used else None
        yield from path_of_server(f"{where}.file", file, folder, root, missing=missing)


def _shown(source: str, folder: Path) -> str:
    """Return a path without the place where the project was parsed."""
    return (
        str(source)
        .replace(f"{folder}/", "")
        .replace(str(folder), ".")
        .replace(str(folder.parent), "…")
    )
