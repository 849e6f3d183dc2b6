"""Blueprints from files: `database/<name>/compose.yaml` and `app/<name>/compose.yaml`."""

import json
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any

import yaml

from moorage.catalog.app import App, Orderable
from moorage.catalog.blueprint import Blueprint
from moorage.catalog.fields import built
from moorage.kit.errors import Invalid

# Beside `project/`, the files of an app that was added: what was judged and guessed of them.
ADDED = "moorage.json"
PROJECT = "project"
# Folders `<edition>/<name>/` of apps that were added; `app/<name>` leads to the last one of each.
KEPT = "kept"

_COMPOSE_KEYS = {"name", "services", "volumes", "x-moorage"}


def read_all(folder: Path) -> Iterator[Orderable]:
    """Read the blueprints of a folder. Raises Invalid with the file and the field."""
    for file in sorted(folder.glob("database/*/compose.yaml")):
        yield read_database(file)
    for file in sorted(folder.glob("app/*/compose.yaml")):
        yield read_app(file)
    for file in sorted(folder.glob(f"app/*/{ADDED}")):
        yield read_added(file)


def read_database(file: Path) -> Blueprint:
    """Read one database. Raises Invalid."""
    compose = _yaml(file)
    unknown = compose.keys() - _COMPOSE_KEYS
    services = compose.get("services")
    about = compose.get("x-moorage")
    if unknown or not isinstance(about, dict):
        raise _wrong(file, f"has unknown keys {sorted(unknown)}" if unknown else "has no x-moorage")
    if not isinstance(services, dict) or len(services) != 1:
        raise _wrong(file, "must have exactly one of services")
    [service] = services.values()
    if about.get("kind") != file.parent.parent.name:
        raise _wrong(file, f"x-moorage.kind must be its folder, {file.parent.parent.name}")
    parts = {
        **about,
        **_options(file, about.get("options", {})),
        "name": file.parent.name,
        "folder": str(file.parent),
        "service": service,
    }
    try:
        return built(Blueprint, parts)
    except Invalid as error:
        raise _wrong(file, error.message) from error


def read_app(file: Path) -> App:
    """Read one app that says itself how to run it. Raises Invalid."""
    compose = _yaml(file)
    about, services = compose.get("x-moorage"), compose.get("services")
    if not isinstance(about, dict) or not isinstance(services, dict):
        raise _wrong(file, "must have services and x-moorage")
    return _app(file, about, file.parent, services=[*services], volumes=_names(compose, "volumes"))


def read_added(file: Path) -> App:
    """Read one app that somebody added. Raises Invalid."""
    place = file.parent.resolve()  # which stays as it is, wherever the name leads later
    try:
        kept = json.loads((place / ADDED).read_bytes())
        about = kept.pop("x-moorage")
    except (ValueError, KeyError) as error:
        raise _wrong(file, "is broken; add it again") from error
    edition = place.parent.name if place.parent.parent.name == KEPT else None
    return _app(file, about, place / PROJECT, edition=edition, **kept)


def _app(read: Path, about: dict[str, object], folder: Path, **parts: object) -> App:
    whole = {**about, **parts, "name": read.parent.name, "folder": str(folder)}
    try:
        return built(App, whole)
    except Invalid as error:
        raise _wrong(read, error.message) from error


def _names(compose: dict[str, object], key: str) -> list[str]:
    found = compose.get(key)
    return [*found] if isinstance(found, dict) else []


def _options(file: Path, where: object) -> dict[str, object]:
    """Return options and refused: they stand here, or in a file that several may share."""
    if not isinstance(where, str):
        return {"options": where}
    beside = file.parent / where
    if not beside.is_file():
        raise _wrong(file, f"x-moorage.options: there is no file {where}")
    return _yaml(beside)


class _Loader(yaml.CSafeLoader):
    """Safe YAML that refuses a key twice: the second would silently win."""

    def construct_mapping(
        self, node: yaml.MappingNode, deep: bool = False
    ) -> dict[Hashable, Any]:  # Any: YAML
        """Build a mapping. Raises ConstructorError on a key that is there already."""
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key.value!r} is there twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _yaml(file: Path) -> dict[str, object]:
    try:
        content = yaml.load(file.read_bytes(), _Loader)  # noqa: S506 - it is a safe loader
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _wrong(file, f"is not YAML: {error}") from error
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise _wrong(file, "must be a mapping of names")
    return content


def _wrong(file: Path, why: str) -> Invalid:
    return Invalid(f"Blueprint {file}: {why}.")
