"""`moor worker`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("worker")(worker)


def worker(
    data_dir: Annotated[Path | None, typer.Option(help="As for `moor serve`.")] = None,
) -> None:
    """Only perform operations, beside those that serve. Needs a database on PostgreSQL."""
    from moorage import config
    from moorage.kit import log
    from moorage.performer import perform_until_stopped

    settings = config.load(data_dir=data_dir)
    log.configure(settings.log_format, settings.log_level)
    asyncio.run(perform_until_stopped(settings))
