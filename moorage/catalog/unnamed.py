"""Volumes that nobody named get a name, by which they outlive their container. Pure."""

import re
from collections.abc import Collection, Iterable, Mapping
from copy import deepcopy
from posixpath import normpath
from typing import Any

Json = Mapping[str, Any]  # Any: JSON of the parser


def named(
    model: Json, declared: Mapping[str, Iterable[str]], *, only: Collection[str] | None = None
) -> dict[str, Any]:  # Any: JSON
    """Return the model with a name for every volume.

    declared: by service, the paths that its image wants in volumes, as an engine makes them: also
    below what is mounted, but not in its place. only: the names that may be given; None: any.
    """
    whole: dict[str, Any] = deepcopy(dict(model))  # Any: as above
    volumes = whole["volumes"] = {**(whole.get("volumes") or {})}
    for name, service in whole["services"].items():
        mounts = [*(service.get("volumes") or ())]
        if "volumes_from" not in service:  # the other one's take their place
            mounts += [
                {"type": "volume", "target": path}
                for path in _bare(service, declared.get(name, ()))
            ]
        for mount in mounts:
            if mount["type"] == "volume" and not mount.get("source"):
                key = _key(name, mount["target"], taken=volumes)
                if only is None or key in only:
                    mount["source"] = key
                    volumes[key] = {}
        if mounts:
            service["volumes"] = mounts
    return whole


def _bare(service: Json, declared: Iterable[str]) -> list[str]:
    """Return the paths on which nothing is mounted."""
    temporary = (one.partition(":")[0] for one in service.get("tmpfs") or ())
    targets = (one["target"] for one in service.get("volumes") or ())
    return sorted({*map(normpath, declared)} - {*map(normpath, (*temporary, *targets))})


def _key(service: str, target: str, *, taken: Collection[str]) -> str:
    key = "-".join([service, *re.findall(r"[A-Za-z0-9]+", target)])
    while key in taken:
        key += "_"
    return key
