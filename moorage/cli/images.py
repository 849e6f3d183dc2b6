"""`moor images`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Images that blueprints run.", no_args_is_help=True)

SIDE_BY_SIDE = 2  # a build waits for the network first and computes then


@app.callback()
def group() -> None:
    """Keep `prepare` a command of its own while it is the only one."""


@app.command("prepare")
def prepare(
    names: Annotated[
        list[str] | None, typer.Argument(help="Blueprints; all databases when left out.")
    ] = None,
    apps: Annotated[
        bool, typer.Option("--apps", help="Also all apps that need no registry.")
    ] = False,
    data_dir: Annotated[Path | None, typer.Option(help="As for `moor serve`.")] = None,
) -> None:
    """Fetch or build what blueprints need. Nothing happens for what is there."""
    asyncio.run(_prepare(names or [], apps, data_dir))


async def _prepare(names: list[str], apps: bool, data_dir: Path | None) -> None:
    from moorage import config
    from moorage.engines.port import Engine
    from moorage.instances import beforehand
    from moorage.world import load_catalog, make_compose, make_images, open_engine

    settings = config.load(data_dir=data_dir)
    catalog = load_catalog(settings)
    images, compose = make_images(settings), make_compose(settings)
    wanted = names or [blueprint.name for blueprint in catalog.list("database")]
    if apps:
        wanted += [app.name for app in catalog.list("app") if not app.needs_registry]
    turns = asyncio.Semaphore(SIDE_BY_SIDE)

    async def have(engine: Engine, name: str) -> None:
        async def say(line: str) -> None:
            print(f"    {name}: {line}", flush=True)

        async with turns:
            made = await beforehand.prepare(catalog, images, compose, engine, name, say=say)
        print(f"{name}: {', '.join(made)}", flush=True)

    async with open_engine(settings) as engine:
        tasks = [asyncio.create_task(have(engine, name)) for name in wanted]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()  # the rest, after the first that failed
