"""`moor user`: who may call; through the service's API, but for whole files of users."""

import asyncio
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from moorage.cli.client import AsJson, Token, Url, call, call_list
from moorage.cli.show import members, show, table
from moorage.kit.errors import Invalid

Name = Annotated[str, typer.Argument(help="Username or id; `me` is yourself.")]

app = typer.Typer(help="Users of this installation.", no_args_is_help=True)


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="Username.")],
    admin: Annotated[bool, typer.Option("--admin", help="Make it an administrator.")] = False,
    password: Annotated[
        bool, typer.Option("--password", help="Ask for a password, or read it from stdin.")
    ] = False,
    quota_instances: Annotated[
        int | None, typer.Option(min=0, help="How many it may have.")
    ] = None,
    quota_memory_mib: Annotated[
        int | None, typer.Option(min=0, help="How much memory in MiB; 0 for any.")
    ] = None,
    url: Url = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Add a user; `moor token create --user` gives it a token."""
    wanted = {
        "username": name,
        "role": "admin" if admin else "user",
        "password": _asked("Password", twice=True) if password else None,
        "quota_instances": quota_instances,
        "quota_memory_mib": quota_memory_mib,
    }
    made = call(url, token, "POST", "/v1/users", body=wanted)
    show(made, as_json, f"{made['id']}  {made['username']}  {made['role']}")


@app.command("import")
def import_file(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="JSON: names and passwords.")
    ],
    data_dir: Annotated[Path | None, typer.Option(help="As for `moor serve`.")] = None,
    as_json: AsJson = False,
) -> None:
    """Add the users of a file, straight to the database.

    Names that are there are skipped. The file is a list such as [{"username": "anna", "password":
    "…", "role": "user"}]; instead of a password a password_hash of Argon2 or bcrypt, and the role
    user, admin or left out.
    """
    imported = asyncio.run(_import(file.read_bytes(), data_dir))
    lines = [f"{name} was added" for name in imported["added"]]
    lines += [f"{name} is there and stays as it is" for name in imported["skipped"]]
    show(imported, as_json, "\n".join(lines) or "The file has no users.")


@app.command("ls")
def list_all(
    disabled: Annotated[
        bool | None, typer.Option("--disabled/--enabled", help="Only these.")
    ] = None,
    url: Url = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """List users, newest first."""
    only = None if disabled is None else str(disabled).lower()
    rows = call_list(url, token, "/v1/users", disabled=only)
    show(rows, as_json, table(rows, "id", "username", "role", "disabled"))


@app.command("show")
def show_one(
    name: Name = "me", url: Url = None, token: Token = None, as_json: AsJson = False
) -> None:
    """Show a user."""
    row = call(url, token, "GET", _path(name))
    show(row, as_json, members(row))


@app.command("disable")
def disable(name: Name, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """Lock a user out at once, and revoke its tokens."""
    row = _change(url, token, name, {"disabled": True})
    show(row, as_json, f"{row['username']} is locked out")


@app.command("enable")
def enable(name: Name, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """Let a user in again; it needs new tokens."""
    row = _change(url, token, name, {"disabled": False})
    show(row, as_json, f"{row['username']} may log in again")


@app.command("passwd")
def passwd(
    name: Name = "me", url: Url = None, token: Token = None, as_json: AsJson = False
) -> None:
    """Set a password.

    It is asked for, or read from stdin; after your current one when it is yours.
    """
    mine = call(url, token, "GET", _path("me"))
    whose = call(url, token, "GET", _path(name))
    wanted = {}
    if whose["id"] == mine["id"] and mine["has_password"]:
        wanted["current_password"] = _asked("Current password")
    wanted["password"] = _asked("New password", twice=True)
    row = _change(url, token, name, wanted)
    show(row, as_json, f"{row['username']} has a new password")


async def _import(content: bytes, data_dir: Path | None) -> dict[str, list[str]]:
    from moorage import config
    from moorage.identity import imports
    from moorage.world import open_database

    rows = imports.read(content)
    async with open_database(config.load(data_dir=data_dir)) as db:
        return asdict(await imports.import_users(db, rows))


def _change(
    url: str | None, token: str | None, name: str, change: dict[str, Any]
) -> Any:  # Any: JSON, twice
    return call(url, token, "PATCH", _path(name), body=change)


def _path(name: str) -> str:
    return f"/v1/users/{quote(name, safe='')}"


def _asked(what: str, *, twice: bool = False) -> str:
    """Return a secret that somebody types, or else the next line of stdin."""
    if sys.stdin.isatty():
        typed: str = typer.prompt(what, hide_input=True, confirmation_prompt=twice)
        return typed
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise Invalid(f"{what}: nothing came in; type it, or send it as one line of stdin.")
    return line
