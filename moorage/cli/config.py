"""`moor config`."""

import json
from pathlib import Path
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("config")(show)


def show(
    data_dir: Annotated[Path | None, typer.Option(help="As for `moor serve`.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
) -> None:
    """Show every setting: its value, its source and its meaning."""
    from moorage import config, configured

    settings = config.load(data_dir=data_dir)
    rows = configured.describe(settings)
    if as_json:
        keys = ("name", "value", "source", "meaning")
        print(json.dumps([dict(zip(keys, row, strict=True)) for row in rows], indent=2))
        return
    print(f"From the environment, or from {settings.data_dir / 'moorage.toml'} (without prefix).\n")
    for name, value, source, meaning in rows:
        print(f"{name} = {value or '(empty)'}   [{source}]\n    {meaning}")
    for name in configured.unknown(settings):
        print(f"\n{name} is set, but there is no such setting.")
