"""`moor purge`."""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from moorage.config import Settings


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("purge")(purge)


def purge(
    data_dir: Annotated[Path | None, typer.Option(help="As for `moor serve`.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove all that this installation made: instances, their data, images, its own files."""
    from moorage import config

    settings = config.load(data_dir=data_dir)
    question = f"Remove every instance with its data, our images, and {settings.data_dir}?"
    if not yes and sys.stdin.isatty() and not typer.confirm(question):
        raise typer.Exit(1)
    asyncio.run(_purge(settings))


async def _purge(settings: Settings) -> None:
    from moorage.images.recipe import IMAGE_LABEL
    from moorage.instances import rules
    from moorage.inventory import service as inventory
    from moorage.kit.errors import Conflict
    from moorage.world import open_database, open_engine

    if not settings.data_dir.exists():
        print(f"{settings.data_dir} is not there; nothing was made, or it is gone already.")
        return
    async with open_database(settings) as db, open_engine(settings) as engine:
        async with db.begin() as session:
            ours = {rules.DEPLOYMENT: await inventory.register_installation(session)}
        for container in await engine.find_containers(ours):
            print(f"container {container.name}")
            await engine.remove_container(container.id)
        for volume in await engine.find_volumes(ours):
            print(f"volume {volume.name}")
            await engine.remove_volume(volume.name)
        for network in await engine.find_networks(ours):
            print(f"network {network.name}")
            await engine.remove_network(network.id)
        for image in await engine.list_images({IMAGE_LABEL: ""}):
            for tag in image.tags:
                try:
                    await engine.remove_image(tag)
                except Conflict:
                    print(f"image {tag} stays: another installation runs it")
                else:
                    print(f"image {tag}")
    shutil.rmtree(settings.data_dir)
    print(settings.data_dir)
