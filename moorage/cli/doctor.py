"""`moor doctor`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)


def doctor(
    data_dir: Annotated[Path | None, typer.Option(help="As for `moor serve`.")] = None,
) -> None:
    """Check all that the service needs, and say what to do.

    That is engine, database, disk, ports, images, clock and versions; and the cloud, if there is
    one.
    """
    from moorage import config
    from moorage.doctor import examine

    findings = asyncio.run(examine(config.load(data_dir=data_dir)))
    for finding in findings:
        print(f"{'ok  ' if finding.is_good else 'FAIL'}  {finding.what}: {finding.sentence}")
    if not all(finding.is_good for finding in findings):
        raise typer.Exit(1)
