"""What `moor purge` does: everything that this installation made goes."""

import asyncio
import shutil
from collections.abc import Callable

from moorage.config import Settings
from moorage.engines.port import Engine
from moorage.images.recipe import IMAGE_LABEL
from moorage.instances import rules
from moorage.inventory import service as inventory
from moorage.kit.errors import Conflict
from moorage.kit.turn import my_turn
from moorage.world import open_database, open_engine

_OUR_IMAGES = "moorage/"  # images built on ours inherit the label, but not the name


async def remove_all(settings: Settings, *, images: bool, say: Callable[[str], None]) -> None:
    """Remove containers, volumes, networks, images if asked to, and the data directory.

    Raises Conflict while the service runs.
    """
    try:
        async with asyncio.timeout(0.1), my_turn(settings.data_dir / "operations.lock"):
            pass
    except TimeoutError as error:
        raise Conflict("The service is running; stop it first, for example: make down") from error
    async with open_engine(settings) as engine:
        async with open_database(settings) as db, db.begin() as session:
            installation = await inventory.register_installation(session)
        await _remove_objects(engine, {rules.DEPLOYMENT: installation}, say)
        if images:
            await _remove_images(engine, say)
    shutil.rmtree(settings.data_dir)
    say(str(settings.data_dir))


async def _remove_objects(engine: Engine, ours: dict[str, str], say: Callable[[str], None]) -> None:
    for container in await engine.find_containers(ours):
        await engine.remove_container(container.id)
        say(f"container {container.name}")
    for volume in await engine.find_volumes(ours):
        await engine.remove_volume(volume.name)
        say(f"volume {volume.name}")
    for network in await engine.find_networks(ours):
        await engine.remove_network(network.id)
        say(f"network {network.name}")


async def _remove_images(engine: Engine, say: Callable[[str], None]) -> None:
    for image in await engine.list_images({IMAGE_LABEL: ""}):
        for tag in image.tags:
            if tag.startswith(_OUR_IMAGES):
                try:
                    await engine.remove_image(tag)
                except Conflict:
                    say(f"image {tag} stays: somebody runs it")
                else:
                    say(f"image {tag}")
