"""`moor db`: databases and caches, through the service's API."""

from typing import Annotated, Any

import typer

from moorage.cli import instance
from moorage.cli.asking import confirm, removal
from moorage.cli.client import AsJson, Token, Url, call
from moorage.cli.instance import Which, number, pairs
from moorage.cli.show import members, show, table
from moorage.kit.errors import NotFound

app = typer.Typer(help="Databases and caches.", no_args_is_help=True)
app.command("start")(instance.start)
app.command("stop")(instance.stop)
app.command("restart")(instance.restart)
app.command("logs")(instance.logs)


@app.command("create")
def create(
    blueprint: Annotated[str, typer.Argument(help="mysql, redis, postgres, …")],
    option: Annotated[
        list[str] | None, typer.Option("--set", help="KEY=VALUE, such as MYSQL_DATABASE=shop.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Its name; made up when left out.")] = None,
    version: Annotated[
        str | None, typer.Option(help="Such as 8.0; the usual one when left out.")
    ] = None,
    memory_mib: Annotated[int | None, typer.Option(help="Memory in MiB.")] = None,
    wait: Annotated[bool, typer.Option(help="Wait until a client can log in.")] = True,
    url: Url = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Order a database or a cache, and show how to reach it."""
    order: dict[str, object] = {"resource_name": blueprint, "config": pairs(option)}
    beside = {"name": name, "version": version, "memory_mib": memory_mib}
    order |= {key: value for key, value in beside.items() if value is not None}
    seconds = 300 if wait else 0
    made = call(url, token, "POST", f"/resource_list?wait={seconds}", body=order)
    show(made, as_json, f"{made['id']}  {made['name']}  {made['status']}\n{made['url']}")


@app.command("ls")
def list_all(url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """List your databases and caches."""
    rows = call(url, token, "GET", "/resource_list")["data"]
    text = table(rows, "id", "resource", "status", "name")
    show(rows, as_json, text or "There are none yet: moor db create redis")


@app.command("show")
def show_one(which: Which, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """Show one, without its credentials."""
    row = _found(url, token, which)
    row.pop("url")
    config = row.pop("config", None) or {}
    row |= {key: config[key] for key in ("addr", "port") if key in config}
    show(row, as_json, members(row))


@app.command("credentials")
def credentials(
    which: Which, url: Url = None, token: Token = None, as_json: AsJson = False
) -> None:
    """Show the credentials of one."""
    row = _found(url, token, which)
    show({"url": row["url"], "config": row["config"]}, as_json, str(row["url"]))


@app.command("rm")
def remove(
    which: Which,
    keep_data: Annotated[bool, typer.Option("--keep-data", help="Keep its volume.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    url: Url = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Remove one, and its data unless you keep them."""
    row = _found(url, token, which)
    what = f"{row['resource']} {row['id']} ({row['name']})"
    confirm(removal(what, keep_data=keep_data), yes=yes)
    keep = "true" if keep_data else "false"
    gone = call(url, token, "DELETE", f"/resource/{row['id']}?keep_data={keep}")
    volume = f"; its data are in the volume {gone['volume']}" if "volume" in gone else ""
    show(gone, as_json, f"{what} is {'gone' if gone['deleted'] else 'being removed'}{volume}")


def _found(url: str | None, token: str | None, which: str) -> Any:  # Any: JSON
    try:
        return call(url, token, "GET", f"/resource/{number(url, token, which)}")
    except NotFound as error:
        raise NotFound(f"There is no database {which}; `moor db ls` lists yours.") from error
