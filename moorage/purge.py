"""What `moor purge` does: everything that this installation made goes."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from sqlalchemy import delete

from moorage.config import Settings
from moorage.engines.port import Engine
from moorage.images.recipe import IMAGE_LABEL
from moorage.instances import rules
from moorage.inventory import service as inventory
from moorage.kit.db import Database
from moorage.kit.errors import Conflict, NotFound
from moorage.kit.turn import my_turn
from moorage.operations.lead import LEASE_S, Lead
from moorage.tables import METADATA
from moorage.world import open_database, open_engine, turn_file

_OUR_IMAGES = "moorage/"  # images built on ours inherit the label, but not the name
_OUR_FILES = (
    "admin.json",
    "catalog",
    "machines.json",
    "machines.lock",
    "migrations.lock",
    "operations.lock",
    "secret.key",
    "serve.log",
    "serve.pid",
    "moorage.db-*",
    "moorage.db",  # the last: as long as it is there, a purge that was cut off can be repeated
)


async def check(settings: Settings) -> None:
    """Raise NotFound where there is no installation, Conflict while its service runs."""
    async with _alone(settings):
        pass


async def remove_all(settings: Settings, *, images: bool, say: Callable[[str], None]) -> None:
    """Remove containers, volumes, networks, images if asked to, rows, and the files we made.

    Raises NotFound, Conflict as `check` does.
    """
    async with open_engine(settings) as engine, _alone(settings) as db:
        async with db.begin() as session:
            installation = await inventory.register_installation(session)
        await _remove_objects(engine, {rules.DEPLOYMENT: installation}, say)
        if images:
            await _remove_images(engine, say)
        async with db.begin() as session:
            for table in reversed(METADATA.sorted_tables):
                await session.execute(delete(table))
        say(f"rows of {db.shown_url}")
    _remove_files(settings.data_dir, say)


@asynccontextmanager
async def _alone(settings: Settings) -> AsyncIterator[Database]:
    """Open the database, and be the process that leads, which a running one would be."""
    if not settings.database_url and not (settings.data_dir / "moorage.db").exists():
        raise NotFound(f"{settings.data_dir} holds no installation; nothing was removed.")
    async with AsyncExitStack() as stack:
        db = await stack.enter_async_context(open_database(settings))
        turn = my_turn(turn_file(settings)) if db.is_sqlite else Lead(db).taken()
        try:
            async with asyncio.timeout(0.1 if db.is_sqlite else LEASE_S + 1):
                await stack.enter_async_context(turn)
        except TimeoutError as error:
            raise Conflict("The service runs; stop it first, for example: make down") from error
        yield db


def _remove_files(folder: Path, say: Callable[[str], None]) -> None:
    for path in (path for pattern in _OUR_FILES for path in folder.glob(pattern)):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    left = ", ".join(sorted(path.name for path in folder.iterdir()))
    try:
        folder.rmdir()
    except OSError as error:
        say(f"{folder} stays: {f'it also holds {left}' if left else error.strerror}")
    else:
        say(str(folder))


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
