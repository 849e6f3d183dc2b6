"""`moor purge`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from moorage.cli.asking import confirm


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("purge")(purge)


def purge(
    data_dir: Annotated[Path | None, typer.Option(help="As for `moor serve`.")] = None,
    images: Annotated[
        bool, typer.Option("--images", help="Also the images, which other installations share.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove all that this installation made. Instances, their data, its own files."""
    from moorage import config
    from moorage.purge import check, remove_all

    settings = config.load(data_dir=data_dir)
    if not settings.data_dir.exists():
        print(f"{settings.data_dir} is not there; nothing was made, or it is gone already.")
        return
    asyncio.run(check(settings))
    what = "all images, which other installations share, " if images else ""
    whole = f"remove every instance with its data, {what}and what we keep in {settings.data_dir}"
    confirm(whole, yes=yes)
    asyncio.run(remove_all(settings, images=images, say=print))
