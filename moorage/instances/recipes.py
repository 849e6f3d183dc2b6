"""How images of blueprints are made: the catalogue's data in the words of images. Pure."""

import re
from collections.abc import Sequence

from moorage.catalog.app import App, ImageSource
from moorage.catalog.blueprint import Blueprint
from moorage.catalog.running import ServiceImage
from moorage.catalog.service import Catalog
from moorage.images.recipe import Recipe


def recipes(blueprint: Blueprint, versions: Sequence[str] = ()) -> list[Recipe]:
    """Return the recipes of some versions, or of all, the preferred one first."""
    return [_recipe(blueprint, version) for version in versions or blueprint.versions]


def recipes_of(catalog: Catalog, app: App, service: str, image: str) -> list[Recipe]:
    """Return the recipes for a service of an app, the preferred one first.

    image: what its Compose file says.
    """
    source = app.images.get(service)
    if source and source.blueprint:
        return recipes(catalog.get(source.blueprint))
    name = "-".join(filter(None, ("app", app.name, app.edition, service.lower())))
    found = []
    if source is None or source.registry:
        found.append(Recipe(name=name, version=f"{_tag(image)}-registry", registry=image))
    if source and source.build:
        found.append(_built(app, name, source, source.build))
    return found


def service_image(catalog: Catalog, app: App, service: str, ref: str) -> ServiceImage:
    """Return what a service of an app runs, and as whom."""
    source = app.images.get(service)
    if source and source.blueprint:
        return ServiceImage(ref, is_ours=True, user=catalog.get(source.blueprint).service.user)
    return ServiceImage(ref, is_ours=source is not None and not ref.endswith("-registry"))


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


def _built(app: App, name: str, source: ImageSource, build: str) -> Recipe:
    folders = [app.folder / build]
    if source.base:
        folders.insert(0, app.folder.parent / source.base)
    first, *rest = folders
    return Recipe(
        name=name,
        version=source.version or app.versions[0],
        build=first,
        overlay=rest[0] if rest else None,
        suite=source.suite or "trixie",
    )


def _tag(image: str) -> str:
    """Return the tag of a reference; of a digest, its beginning."""
    name, _, digest = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    return tag or re.sub(r"[^0-9a-f]", "", digest.removeprefix("sha256:"))[:12] or "latest"
