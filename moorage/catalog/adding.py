"""Puts a judged app into the catalogue of a data directory, whole or not at all."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from moorage.catalog import icons, project
from moorage.catalog.judge import Verdict, write
from moorage.catalog.reading import ADDED, KEPT, PROJECT
from moorage.kit import tar
from moorage.kit.errors import Invalid, Unavailable

MAX_BYTES = 16 << 20
MAX_FILES = 1000


def add(verdict: Verdict, folder: Path, *, allowed: Collection[str]) -> bool:
    """Put an accepted app into a catalogue's folder; return whether it took another's place.

    Raises Invalid (it has too many files), Unavailable (the folder cannot be written).
    """
    try:
        return _put(verdict, folder, sorted(allowed))
    except OSError as error:
        raise Unavailable(f"{folder} cannot be written: {error.strerror}.") from error


def _put(verdict: Verdict, folder: Path, allowed: list[str]) -> bool:
    """Keep it beside those before it, from which apps may run, and have its name lead to it."""
    place = folder / "app" / verdict.name
    place.parent.mkdir(parents=True, exist_ok=True)
    was_there = place.exists()
    with tempfile.TemporaryDirectory(dir=folder, prefix=".adding-") as work:
        made, link = Path(work) / "made", Path(work) / "link"
        _write(verdict, made, allowed)
        edition = folder / KEPT / _digest(made)
        edition.mkdir(parents=True, exist_ok=True)
        edition.touch()
        if not (edition / verdict.name).exists():
            made.rename(edition / verdict.name)
        link.symlink_to(Path("..", KEPT, edition.name, verdict.name))
        if was_there and place.is_symlink():
            place.resolve().parent.touch()  # for orders of it that no row tells of yet
        elif was_there:  # somebody put it there by hand
            place.rename(Path(work) / "earlier")
        link.replace(place)
    return was_there


def _digest(folder: Path) -> str:
    """Return what tells the content of a folder from any other."""
    return hashlib.sha256(tar.packed(tar.files(folder))).hexdigest()[:16]


def _write(verdict: Verdict, folder: Path, allowed: list[str]) -> None:
    sources = verdict.sources
    if sources is None or not verdict.is_accepted:
        raise Invalid(f"{verdict.name} is refused.")
    write(sources.files, folder / PROJECT)
    for path in _mounted(verdict):
        _copy(sources.root, path, folder / PROJECT)
    icon = project.find(sources.root, icons.FILE)
    if icon is not None and icon.is_file() and icon.stat().st_size <= icons.MAX_BYTES:
        shutil.copyfile(icon, folder / PROJECT / icons.FILE)
    kept = {
        "file": sources.main,
        "services": list(verdict.model["services"]),
        "volumes": list(verdict.model.get("volumes") or ()),
        "allowed": allowed,
        "x-moorage": verdict.about,
    }
    (folder / ADDED).write_text(json.dumps(kept, indent=2))


def _mounted(verdict: Verdict) -> Iterator[str]:
    """List what of the project's folder its services see, or are configured with."""
    model, folder = verdict.model, verdict.folder
    services: list[dict[str, Any]] = list(model["services"].values())  # Any: JSON of the parser
    mounts = [mount for service in services for mount in service.get("volumes") or ()]
    stores = [*(model.get("configs") or {}).values(), *(model.get("secrets") or {}).values()]
    for path in (*(mount.get("source") for mount in mounts), *(one.get("file") for one in stores)):
        if path and Path(path).is_relative_to(folder):
            yield str(Path(path).relative_to(folder))


def _copy(root: Path, path: str, target: Path) -> None:
    """Copy a file or a folder of the project, unless it is the project as a whole."""
    source = project.find(root, path)
    if source is None or source == root:
        return
    files = [source] if source.is_file() else [one for one in source.rglob("*") if one.is_file()]
    if len(files) > MAX_FILES or sum(one.stat().st_size for one in files) > MAX_BYTES:
        raise Invalid(
            f"{path} is larger than {MAX_BYTES >> 20} MiB or {MAX_FILES} files; "
            "an app brings its settings, not its data."
        )
    for file in files:
        project.find(root, str(file.relative_to(root)))
        copy = target / file.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
