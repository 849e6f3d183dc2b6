"""What an app's services see of its own folder: a copy, never the catalogue's.

Files become configs, which every engine gets by copy; folders become volumes of the instance.
"""

import re
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from moorage.kit import tar

Json = Mapping[str, Any]  # Any: JSON of the parser

FOLDER = "x-folder"  # at a volume: what it begins with
CLOCKS = ("/etc/localtime", "/etc/timezone")  # of the server: TZ says the same


def copied(model: Json, folder: Path) -> dict[str, Any]:  # Any: JSON
    """Return the model with nothing of the folder mounted any more."""
    whole: dict[str, Any] = deepcopy(dict(model))  # Any: as above
    volumes = whole["volumes"] = {**(whole.get("volumes") or {})}
    configs = whole["configs"] = {**(whole.get("configs") or {})}
    for service in whole["services"].values():
        kept = []
        for mount in service.get("volumes") or ():
            source = Path(str(mount.get("source") or ""))
            if mount["type"] != "bind" or not source.is_relative_to(folder):
                kept += [] if str(source) in CLOCKS else [mount]
            elif (text := _text(source)) is not None:
                key = _key("file", source, folder)
                configs[key] = {"content": text.replace("$", "$$")}
                used = service.setdefault("configs", [])
                used.append({"source": key, "target": mount["target"]})
            elif source.is_file():  # no text: there is no other way
                kept.append({**mount, "read_only": True})
            else:
                key = _key("folder", source, folder)
                volumes[key] = {FOLDER: str(source)}
                rest = {name: mount[name] for name in ("target", "read_only") if name in mount}
                kept.append({"type": "volume", "source": key, **rest})
        if "volumes" in service:
            service["volumes"] = kept
    for key, volume in volumes.items():
        device = Path(str(((volume or {}).get("driver_opts") or {}).get("device") or ""))
        if device.is_absolute() and device.is_relative_to(folder):
            volumes[key] = {FOLDER: str(device)}
    return whole


def archive(folder: str) -> bytes | None:
    """Return a tar of what is in a folder; None when there is nothing."""
    files = tar.files(Path(folder))
    return tar.packed(files) if files else None


def _key(kind: str, path: Path, folder: Path) -> str:
    """Return a name for a volume or a config."""
    words = re.sub(r"[^a-z0-9]+", "-", path.relative_to(folder).as_posix().lower()).strip("-")
    return f"{kind}-{words}".rstrip("-")


def _text(file: Path) -> str | None:
    if not file.is_file():
        return None
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError:
        return None
