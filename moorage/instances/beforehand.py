"""Images of blueprints, had before anybody orders."""

from moorage.catalog import answers, running
from moorage.catalog.app import App
from moorage.catalog.asking import STAND_IN
from moorage.catalog.service import Catalog
from moorage.compose.port import Compose, Project
from moorage.engines.port import Engine, Say
from moorage.images.recipe import Recipe
from moorage.images.service import Images
from moorage.instances.recipes import recipes, recipes_of


async def prepare(
    catalog: Catalog, images: Images, compose: Compose, engine: Engine, name: str, *, say: Say
) -> list[str]:
    """Have the images of a blueprint; return their references. Raises NotFound, Failed."""
    blueprint = catalog.any(name)
    if not isinstance(blueprint, App):
        wanted = [recipes(blueprint)]
    else:
        wanted = await _of_app(catalog, compose, blueprint)
    return [(await images.prepare(engine, one, say=say)).ref for one in wanted]


async def _of_app(catalog: Catalog, compose: Compose, app: App) -> list[list[Recipe]]:
    """Return the recipes of each service of the app's preferred version."""
    asked = app.questions.get("properties", {}).items()
    variables = {
        **{name: str(one.get("default", STAND_IN)) for name, one in asked},
        **app.values,
        **answers.new_secrets(app),
        "MOORAGE_VERSION": app.versions[0],
    }
    model = await compose.config(Project(app.folder, app.file, app.name, variables))
    return [
        recipes_of(catalog, app, service, model["services"][service]["image"])
        for service in running.services(model)
    ]
