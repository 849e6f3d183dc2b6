"""How the image of a blueprint is made: the catalogue's data in the words of images. Pure."""

from collections.abc import Sequence

from moorage.catalog.blueprint import Blueprint
from moorage.images.recipe import Recipe


def recipes(blueprint: Blueprint, versions: Sequence[str] = ()) -> list[Recipe]:
    """Return the recipes of some versions, or of all, the preferred one first."""
    return [_recipe(blueprint, version) for version in versions or blueprint.versions]


def _recipe(blueprint: Blueprint, version: str) -> Recipe:
    source = blueprint.versions[version]
    return Recipe(
        name=blueprint.name,
        version=version,
        registry=source.registry,
        build=blueprint.folder / source.build if source.build else None,
        overlay=blueprint.folder / blueprint.overlay if blueprint.overlay else None,
        suite=source.suite or "",
    )
