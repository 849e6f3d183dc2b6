"""`moor vm`: virtual machines of the cloud, through the service's API."""

from typing import Annotated, Any
from urllib.parse import quote

import typer

from moorage.cli import op
from moorage.cli.asking import confirm
from moorage.cli.client import AsJson, Token, Url, call, call_list
from moorage.cli.instance import Wait
from moorage.cli.show import members, show, table

Which = Annotated[str, typer.Argument(metavar="VM", help="Its id or its name.")]
Json = dict[str, Any]  # Any: JSON

app = typer.Typer(help="VMs: virtual machines of an OpenStack cloud.", no_args_is_help=True)


@app.command("image")
def images(url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """List what a VM can boot from."""
    rows = call(url, token, "GET", "/api/v1/image")["images"]
    show(rows, as_json, table(rows, "name", "id", "status", "size"))


@app.command("flavor")
def flavors(url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """List the sizes that a VM can have; memory in MB, disk in GB."""
    rows = call(url, token, "GET", "/api/v1/flavor")["flavors"]
    show(rows, as_json, table(rows, "name", "id", "vcpus", "ram", "disk"))


@app.command("network")
def networks(url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """List what a VM can be attached to."""
    rows = call(url, token, "GET", "/api/v1/network")["networks"]
    show(rows, as_json, table(rows, "name", "id", "status"))


@app.command("limits")
def limits(url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """Show what the cloud lets you have, and what of it is used. -1: no limit."""
    row = call(url, token, "GET", "/api/v1/limits")["limits"]["absolute"]
    show(row, as_json, members(row))


@app.command("ls")
def list_all(url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """List VMs, newest first."""
    rows = call_list(url, token, "/v1/vms")
    show(rows, as_json, table(rows, "name", "id", "status") or "There are none yet.")


@app.command("show")
def show_one(which: Which, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """Show one."""
    row = call(url, token, "GET", _path(which))
    addresses = [one["addr"] for some in row["addresses"].values() for one in some]
    flavor = row["flavor"].get("name")
    shown = row | {
        "addresses": addresses,
        "flavor": flavor,
        "image": (row["image"] or {}).get("id"),
    }
    show(row, as_json, members(shown))


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What it is called.")],
    image: Annotated[str, typer.Option(help="A name or id, from `moor vm image`.")],
    flavor: Annotated[str, typer.Option(help="A name or id, from `moor vm flavor`.")],
    network: Annotated[str, typer.Option(help="A name or id, from `moor vm network`.")],
    keep_failed: Annotated[
        bool, typer.Option("--keep-failed", help="Keep one that went to ERROR.")
    ] = False,
    wait: Wait = True,
    url: Url = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Make one."""
    wanted = {
        "name": name,
        "image": image,
        "flavor": flavor,
        "network": network,
        "keep_failed": keep_failed,
    }
    op.show_end(url, token, call(url, token, "POST", "/v1/vms", body=wanted), wait, as_json)


@app.command("start")
def start(
    which: Which, wait: Wait = True, url: Url = None, token: Token = None, as_json: AsJson = False
) -> None:
    """Have one run."""
    op.show_end(url, token, call(url, token, "POST", f"{_path(which)}/start"), wait, as_json)


@app.command("stop")
def stop(
    which: Which, wait: Wait = True, url: Url = None, token: Token = None, as_json: AsJson = False
) -> None:
    """Shut one down."""
    op.show_end(url, token, call(url, token, "POST", f"{_path(which)}/stop"), wait, as_json)


@app.command("reboot")
def reboot(
    which: Which, wait: Wait = True, url: Url = None, token: Token = None, as_json: AsJson = False
) -> None:
    """Shut one down and start it."""
    op.show_end(url, token, call(url, token, "POST", f"{_path(which)}/reboot"), wait, as_json)


@app.command("delete")
def delete(
    which: Which,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    wait: Wait = True,
    url: Url = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Remove one with all that is on it."""
    confirm(f"remove {which} with all that is on it", yes=yes)
    op.show_end(url, token, call(url, token, "DELETE", _path(which)), wait, as_json)


def _path(which: str) -> str:
    return f"/v1/vms/{quote(which, safe='')}"
