"""The catalogue: reads blueprints from folders `<kind>/<name>/compose.yaml`."""

import json
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path

import yaml
from pydantic import ValidationError

from moorage.catalog.blueprint import Blueprint
from moorage.kit.errors import Invalid, NotFound

BUILT_IN = Path(__file__).parent / "blueprints"

_COMPOSE_KEYS = {"name", "services", "volumes", "x-moorage"}


class Catalog:
    """What there is to order."""

    def __init__(self, blueprints: Mapping[str, Blueprint]) -> None:
        self._blueprints = dict(sorted(blueprints.items()))

    def get(self, name: str) -> Blueprint:
        """Return a blueprint. Raises NotFound."""
        try:
            return self._blueprints[name]
        except KeyError as error:
            raise NotFound(
                f"There is no such blueprint; there are {', '.join(self._blueprints)}."
            ) from error

    def list(self, kind: str | None = None) -> Sequence[Blueprint]:
        """List blueprints by name."""
        return [found for found in self._blueprints.values() if kind in (None, found.kind)]


def load(folders: Sequence[Path] = (BUILT_IN,)) -> Catalog:
    """Read all blueprints; one of a later folder takes the place of an earlier namesake.

    Raises Invalid with the file and the field.
    """
    found: dict[str, Blueprint] = {}
    for folder in folders:
        for file in sorted(folder.glob("*/*/compose.yaml")):
            blueprint = read(file)
            found[blueprint.name] = blueprint
    return Catalog(found)


def read(file: Path) -> Blueprint:
    """Read one blueprint. Raises Invalid."""
    compose = _yaml(file)
    unknown = compose.keys() - _COMPOSE_KEYS
    services = compose.get("services")
    about = compose.get("x-moorage")
    if unknown or not isinstance(about, dict):
        raise _wrong(file, f"has unknown keys {sorted(unknown)}" if unknown else "has no x-moorage")
    if not isinstance(services, dict) or len(services) != 1:
        raise _wrong(file, "must have exactly one of services")
    [service] = services.values()
    parts = {
        **about,
        **_options(file, about.get("options", {})),
        "name": file.parent.name,
        "folder": str(file.parent),
        "service": service,
    }
    if about.get("kind") != file.parent.parent.name:
        raise _wrong(file, f"x-moorage.kind must be its folder, {file.parent.parent.name}")
    try:
        return Blueprint.model_validate_json(json.dumps(parts))
    except TypeError as error:
        raise _wrong(file, f"holds something that JSON has not: {error}") from error
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_input=False)
        )
        raise _wrong(file, faults) from error


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
    ) -> dict[Hashable, object]:
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
