"""`moor app`: apps from the catalogue, through the service's API."""

import json
from typing import Annotated, Any

import typer

from moorage.cli import instance, op
from moorage.cli.asking import confirm, removal
from moorage.cli.client import AsJson, Token, Url, call
from moorage.cli.instance import Wait, pairs
from moorage.cli.show import members, show, table
from moorage.kit.errors import Failed

Name = Annotated[str, typer.Argument(metavar="APP", help="Its name, from `moor app catalog`.")]
Json = Any  # Any: JSON

_STATUSES = {"0": "not running", "1": "running", "2": "failed"}

app = typer.Typer(help="Apps: from a catalogue, each a few containers.", no_args_is_help=True)
app.command("credentials")(instance.credentials)
app.command("start")(instance.start)
app.command("stop")(instance.stop)
app.command("restart")(instance.restart)
app.command("logs")(instance.logs)


@app.command("catalog")
def catalog(
    search: Annotated[str | None, typer.Argument(help="Only with this text.")] = None,
    category: Annotated[str | None, typer.Option(help="Such as wiki.")] = None,
    url: Url = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """List what can be installed. Beside "registry": only where one answers."""
    rows = _asked(url, token, "/getAppList", search=search, category=category)["apps"]
    told = [row | {"from": "registry" if row["needs_registry"] else ""} for row in rows]
    text = table(told, "appName", "category", "memory_mib", "from", "description")
    show(rows, as_json, text or "There is none like that.")


@app.command("install")
def install(
    name: Name,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="KEY=VALUE; numbers and true as in JSON.")
    ] = None,
    custom_name: Annotated[str | None, typer.Option("--name", help="What you call it.")] = None,
    version: Annotated[str | None, typer.Option(help="Left out: the preferred one.")] = None,
    server: Annotated[str | None, typer.Option(help="Where it shall run.")] = None,
    wait: Wait = True,
    url: Url = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Install an app."""
    chosen = {key: _value(text) for key, text in pairs(settings).items()}
    given = {"customName": custom_name, "version": version, "server": server, "settings": chosen}
    told = _asked(url, token, "/installApp", appName=name, **given)
    if not wait:
        show(told, as_json, f"{name} is being installed: moor app show {name}")
        return
    op.finished(url, token, told["operation"].rpartition("/")[2])
    show_one(name, url, token, as_json)


@app.command("ls")
def list_all(url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """List the apps that are installed."""
    rows = _asked(url, token, "/getAllAppInfo")["apps"]
    text = table(rows, "appName", "name", "version", "port", "info")
    show(rows, as_json, text or "There are none yet: moor app install dokuwiki")


@app.command("show")
def show_one(name: Name, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """Show how an app is, where it answers, and its containers."""
    told = _asked(url, token, "/getAppInfo", appName=name)
    seen = call(url, token, "GET", f"/v1/instances/{told['id']}")
    show(told, as_json, _text(told, seen["endpoints"]))


@app.command("rm")
def remove(
    name: Name,
    keep_data: Annotated[bool, typer.Option("--keep-data", help="Keep its volumes.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    url: Url = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Remove an app, and its data unless you keep them."""
    confirm(removal(name, keep_data=keep_data), yes=yes)
    told = _asked(url, token, "/uninstallApp", appName=name, purge=not keep_data)
    show(told, as_json, f"{name} is gone.")


def _asked(url: str | None, token: str | None, path: str, **fields: object) -> Json:
    """Return what the service tells. Raises Failed with its sentence when it says no."""
    given = {name: value for name, value in fields.items() if value not in (None, {})}
    answer = call(url, token, "POST", path, body=given)
    if answer["code"] != "1":
        raise Failed(answer["message"].replace("getAppList", "`moor app catalog`"))
    return answer["data"]


def _value(text: str) -> object:
    """Return a number, a boolean or quoted text as JSON has it, and other text as it is."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _text(told: Json, endpoints: Json) -> str:
    shown = {
        "app": told["appName"],
        "name": told["name"],
        "version": told["version"],
        "status": _STATUSES[told["status"]],
        "info": told["info"],
        **{"url" if one["name"] == "main" else one["name"]: one["url"] for one in endpoints},
    }
    containers = table(told["containers"], "service", "name", "status", "health")
    return f"{members(shown)}\n{containers}".rstrip()
