"""How images of blueprints are made: the catalogue's data in the words of images. Pure."""

import hashlib
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
    found = []
    if source is None or source.registry:
        found.append(_fetched(app, service, image))
    if source and source.build:
        found.append(_built(app, service, source, source.build))
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


def _fetched(app: App, service: str, image: str) -> Recipe:
    """Return a recipe whose name says what it is made of: editions that have it share it."""
    digest = hashlib.sha256(image.encode()).hexdigest()[:8]
    return Recipe(
        name=f"app-{app.name}-{service.lower()}",
        version=f"{_tag(image)}-{digest}-registry",
        registry=image,
    )


def _built(app: App, service: str, source: ImageSource, build: str) -> Recipe:
    folders = [app.folder / build]
    if source.base:
        folders.insert(0, app.folder.parent / source.base)
    first, *rest = folders
    return Recipe(
        name="-".join(filter(None, ("app", app.name, app.edition, service.lower()))),
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
