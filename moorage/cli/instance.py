"""`moor instance`: what runs for you, through the service's API."""

import json
from typing import Annotated
from urllib.parse import quote, urlsplit

import typer

from moorage.cli import op
from moorage.cli.asking import confirm, removal
from moorage.cli.client import AsJson, Token, Url, call, call_list, stream
from moorage.cli.show import members, show, table

Which = Annotated[
    str, typer.Argument(metavar="ID", help="Its id, number or name, or the app it is.")
]
Wait = Annotated[bool, typer.Option(help="Wait for the end of the operation.")]

app = typer.Typer(help="Instances: whatever runs for you.", no_args_is_help=True)


@app.command("create")
def create(
    blueprint: Annotated[str, typer.Argument(help="mysql, redis, postgres, …")],
    option: Annotated[
        list[str] | None, typer.Option("--set", help="KEY=VALUE, such as MYSQL_DATABASE=shop.")
    ] = None,
    label: Annotated[list[str] | None, typer.Option(help="KEY=VALUE, such as team=shop.")] = None,
    name: Annotated[str | None, typer.Option(help="Its name; made up when left out.")] = None,
    version: Annotated[str | None, typer.Option(help="Such as 8.4, or 8 for any.")] = None,
    memory_mib: Annotated[int | None, typer.Option(help="Memory in MiB.")] = None,
    cpus: Annotated[float | None, typer.Option(help="Processors.")] = None,
    server: Annotated[str | None, typer.Option(help="Where it shall run.")] = None,
    wait: Wait = True,
    url: Url = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Order an instance."""
    given = {
        "name": name,
        "version": version,
        "memory_mib": memory_mib,
        "cpus": cpus,
        "server": server,
    }
    wanted = {
        "blueprint": blueprint,
        "options": pairs(option),
        "labels": pairs(label),
        **{field: value for field, value in given.items() if value is not None},
    }
    op.show_end(url, token, call(url, token, "POST", "/v1/instances", body=wanted), wait, as_json)


@app.command("ls")
def list_all(
    status: Annotated[str | None, typer.Option(help="running, stopped, failed, …")] = None,
    blueprint: Annotated[str | None, typer.Option(help="Only of this.")] = None,
    label: Annotated[str | None, typer.Option(help="KEY=VALUE: only with this label.")] = None,
    url: Url = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """List instances, newest first."""
    rows = call_list(url, token, "/v1/instances", status=status, blueprint=blueprint, label=label)
    text = table(rows, "number", "id", "blueprint", "status", "name")
    show(rows, as_json, text or "There are none yet: moor instance create redis")


@app.command("show")
def show_one(which: Which, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """Show one, without its credentials."""
    row = call(url, token, "GET", _path(which))
    urls = [endpoint["url"] for endpoint in row["endpoints"]]
    show(row, as_json, members(row | {"endpoints": urls}))


@app.command("credentials")
def credentials(
    which: Which, url: Url = None, token: Token = None, as_json: AsJson = False
) -> None:
    """Show how to log in to one."""
    row = call(url, token, "GET", f"{_path(which)}/credentials")
    told = {name: row[name] for name in ("url", "user", "password") if row[name]}
    has_all = urlsplit(row["url"]).password is not None
    show(row, as_json, row["url"] if has_all else members(told | row["environment"]))


@app.command("start")
def start(
    which: Which, wait: Wait = True, url: Url = None, token: Token = None, as_json: AsJson = False
) -> None:
    """Have one run, until a client can log in."""
    op.show_end(url, token, call(url, token, "POST", f"{_path(which)}/start"), wait, as_json)


@app.command("stop")
def stop(
    which: Which, wait: Wait = True, url: Url = None, token: Token = None, as_json: AsJson = False
) -> None:
    """Stop one; it stays so."""
    op.show_end(url, token, call(url, token, "POST", f"{_path(which)}/stop"), wait, as_json)


@app.command("restart")
def restart(
    which: Which, wait: Wait = True, url: Url = None, token: Token = None, as_json: AsJson = False
) -> None:
    """Stop one, and have it run again."""
    op.show_end(url, token, call(url, token, "POST", f"{_path(which)}/restart"), wait, as_json)


@app.command("logs")
def logs(
    which: Which,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until it stops.")] = False,
    tail: Annotated[
        int, typer.Option(min=0, max=10_000, help="How many lines to begin with.")
    ] = 100,
    service: Annotated[str | None, typer.Option(help="Of an app: only this one.")] = None,
    url: Url = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Print the last lines of its log. With --json and --follow, an object a line."""
    chosen = "" if service is None else f"&service={quote(service, safe='')}"
    path = f"{_path(which)}/logs?tail={tail}{chosen}"
    if not follow:
        told = call(url, token, "GET", path)
        show(told, as_json, "\n".join(told["lines"]))
        return
    for event in stream(url, token, path):
        print(json.dumps(event.data) if as_json else event.data["text"], flush=True)


@app.command("rm")
def remove(
    which: Which,
    keep_data: Annotated[bool, typer.Option("--keep-data", help="Keep its volume.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    wait: Wait = True,
    url: Url = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Remove one, and its data unless you keep them."""
    confirm(removal(which, keep_data=keep_data), yes=yes)
    keep = "true" if keep_data else "false"
    asked = call(url, token, "DELETE", f"{_path(which)}?keep_data={keep}")
    op.show_end(url, token, asked, wait, as_json)


def pairs(given: list[str] | None) -> dict[str, str]:
    """Return KEY=VALUE options by key."""
    for pair in given or []:
        if "=" not in pair:
            raise typer.BadParameter(f"{pair!r} is not KEY=VALUE")
    return dict(pair.split("=", 1) for pair in given or [])


def number(url: str | None, token: str | None, which: str) -> int:
    """Return the number of an instance that is named by number, id or name."""
    if which.isdecimal():
        return int(which)
    found: int = call(url, token, "GET", _path(which))["number"]
    return found


def _path(which: str) -> str:
    return f"/v1/instances/{quote(which, safe='')}"
