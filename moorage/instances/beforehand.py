"""Images of blueprints: had before anybody orders, or looked for before anything starts."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from moorage.catalog import answers, running, settling
from moorage.catalog.app import App
from moorage.catalog.asking import STAND_IN
from moorage.catalog.service import Catalog
from moorage.compose.port import Compose, Project
from moorage.engines.port import Engine, Say
from moorage.images.recipe import Recipe
from moorage.images.service import Images
from moorage.instances.recipes import recipes, recipes_of
from moorage.instances.service import Order
from moorage.instances.tools import Tools
from moorage.kit.errors import Invalid


async def prepare(
    catalog: Catalog, images: Images, compose: Compose, engine: Engine, name: str, *, say: Say
) -> list[str]:
    """Have the images of a blueprint; return their references. Raises NotFound, Failed."""
    blueprint = catalog.any(name)
    if not isinstance(blueprint, App):
        wanted = [recipes(blueprint)]
    else:
        wanted = await _of_app(catalog, compose, blueprint, _usual(blueprint))
    return [(await images.prepare(engine, one, say=say)).ref for one in wanted]


async def check(tools: Tools, engine: Engine, compose: Compose, app: App, order: Order) -> None:
    """Raise if a short look tells that an image of an app cannot be had.

    Raises Conflict, Unavailable. What is wrong with the order itself, the order says.
    """
    if all(
        tools.images.builds(recipes_of(tools.catalog, app, service, "")) for service in app.services
    ):
        return
    with suppress(Invalid):
        settled = settling.settle(app, order.config, version=order.version)
        variables = {**settled.options, **settled.secrets, "MOORAGE_VERSION": settled.versions[0]}
        wanted = await _of_app(tools.catalog, compose, app, variables)
        await asyncio.gather(*(tools.images.check(engine, one) for one in wanted))


def _usual(app: App) -> dict[str, str]:
    """Return the variables of an app's preferred version when nobody chooses any."""
    asked = app.questions.get("properties", {}).items()
    return {
        **{name: str(one.get("default", STAND_IN)) for name, one in asked},
        **answers.new_secrets(app),
        "MOORAGE_VERSION": app.versions[0],
    }


async def _of_app(
    catalog: Catalog, compose: Compose, app: App, variables: Mapping[str, str]
) -> list[list[Recipe]]:
    """Return the recipes of each service."""
    values = {**app.values, "MOORAGE_URL": STAND_IN, **variables}
    model = await compose.config(Project(app.folder, app.file, app.name, values))
    return [
        recipes_of(catalog, app, service, model["services"][service]["image"])
        for service in running.services(model)
    ]
