"""What `moor purge` does: everything that this installation made goes."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from sqlalchemy import delete

from moorage.config import Settings
from moorage.engines.port import Engine
from moorage.images.recipe import IMAGE_LABEL
from moorage.instances import rules
from moorage.inventory import service as inventory
from moorage.kit.db import Database
from moorage.kit.errors import Conflict
from moorage.kit.turn import my_turn
from moorage.operations.lead import LEASE_S, Lead
from moorage.tables import METADATA
from moorage.world import open_database, open_engine, turn_file

_OUR_IMAGES = "moorage/"  # images built on ours inherit the label, but not the name


async def remove_all(settings: Settings, *, images: bool, say: Callable[[str], None]) -> None:
    """Remove containers, volumes, networks, images if asked to, rows, and the data directory.

    Raises Conflict while the service runs.
    """
    async with open_engine(settings) as engine, open_database(settings) as db, _alone(settings, db):
        async with db.begin() as session:
            installation = await inventory.register_installation(session)
        await _remove_objects(engine, {rules.DEPLOYMENT: installation}, say)
        if images:
            await _remove_images(engine, say)
        async with db.begin() as session:
            for table in reversed(METADATA.sorted_tables):
                await session.execute(delete(table))
        say(f"rows of {db.shown_url}")
    shutil.rmtree(settings.data_dir)
    say(str(settings.data_dir))


@asynccontextmanager
async def _alone(settings: Settings, db: Database) -> AsyncIterator[None]:
    """Be the process that leads, which a running one would be."""
    turn = my_turn(turn_file(settings)) if db.is_sqlite else Lead(db).taken()
    async with AsyncExitStack() as stack:
        try:
            async with asyncio.timeout(0.1 if db.is_sqlite else LEASE_S + 1):
                await stack.enter_async_context(turn)
        except TimeoutError as error:
            raise Conflict("The service runs; stop it first, for example: make down") from error
        yield


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
