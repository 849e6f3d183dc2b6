"""`moor admin`."""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Administrators of this installation.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Keep `create` a command of its own while it is the only one."""


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="Username.")],
    password: Annotated[
        str | None, typer.Option(help="Password; one is made when you give none.")
    ] = None,
    data_dir: Annotated[Path | None, typer.Option(help="As for `moor serve`.")] = None,
) -> None:
    """Add an administrator. Its credentials are printed once, as one line of JSON."""
    print(json.dumps(asyncio.run(_create(name, password, data_dir))))


async def _create(name: str, password: str | None, data_dir: Path | None) -> dict[str, str]:
    from moorage import config
    from moorage.identity import service as identity
    from moorage.kit.crypto import new_password
    from moorage.world import open_database

    chosen = password or new_password()
    async with open_database(config.load(data_dir=data_dir)) as db, db.begin() as session:
        user = await identity.create_user(session, username=name, role="admin", password=chosen)
        _, token = await identity.issue_token(session, user=user, name="first")
    return {"username": name, "token": token, "password": chosen}
