"""`moor machine`: all machines, through the service's API, and a file of them from here."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from moorage.cli.asking import confirm
from moorage.cli.client import AsJson, Token, Url, call, call_list
from moorage.cli.show import show, table
from moorage.kit.errors import Invalid

app = typer.Typer(help="Machines that there are to use.", no_args_is_help=True)


@app.command("ls")
def list_all(
    status: Annotated[str | None, typer.Option(help="running, stopped, unknown.")] = None,
    gpu: Annotated[str | None, typer.Option(help="A part of the model, such as 4090.")] = None,
    source: Annotated[str | None, typer.Option(help="files, servers, openstack.")] = None,
    label: Annotated[str | None, typer.Option(help="KEY, or KEY=VALUE.")] = None,
    url: Url = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """List machines by id. On standard error, what is wrong with where they are known from."""
    rows = call_list(url, token, "/v1/machines", status=status, gpu=gpu, source=source, label=label)
    text = table(rows, "id", "name", "status", "ip", "cpus", "GPU", "source")
    show(rows, as_json, text or "There are none.")
    if problem := call(url, token, "GET", "/v1/machines?limit=1")["problem"]:
        print(f"moor: {problem}", file=sys.stderr)


@app.command("assign")
def assign(
    machine: Annotated[str, typer.Argument(metavar="ID", help="Its id.")],
    users: Annotated[
        list[str] | None, typer.Argument(metavar="USER…", help="Who may use it.")
    ] = None,
    everybody: Annotated[bool, typer.Option("--everybody", help="All may use it.")] = False,
    nobody: Annotated[bool, typer.Option("--nobody", help="Administrators only.")] = False,
    url: Url = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Say who may use a machine; whoever is not named may not any more."""
    if (bool(users), everybody, nobody).count(True) != 1:
        raise Invalid("Name the users, or say --everybody, or --nobody.")
    change = {"assigned_to": None if everybody else users or []}
    row = call(url, token, "PATCH", f"/v1/machines/{quote(machine, safe='')}", body=change)
    names = row["assigned_to"]
    told = "everybody" if names is None else ", ".join(names) or "nobody"
    show(row, as_json, f"{row['id']}  {row['name']}  {told}")


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Such as machines.json.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Have those go that it does not name.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    data_dir: Annotated[Path | None, typer.Option(help="As for `moor serve`.")] = None,
) -> None:
    """Add the machines of a file to those we know.

    Of two with one id the new one stays. The file is a list such as [{"id": 100, "name": "gpu-1",
    "status": "running", "ip": "192.168.1.100", "cpus": 32, "mem": 68719476736, "GPU": "RTX 4090"}];
    mem is in bytes, status is running, stopped or unknown, only the name may be left out.
    """
    from moorage import config
    from moorage.inventory.importing import count_gone, import_machines
    from moorage.kit.turn import my_turn

    settings = config.load(data_dir=data_dir)
    into = settings.machines_file
    if replace and not yes and (gone := count_gone(file, into)):
        machines = "1 machine" if gone == 1 else f"{gone} machines"
        confirm(f"remove {machines} that {file} does not name", yes=yes)

    async def take() -> tuple[int, int]:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        async with my_turn(settings.data_dir / "machines.lock"):
            return await asyncio.to_thread(import_machines, file, into, replace=replace)

    taken, total = asyncio.run(take())
    print(f"{taken} taken; {into} has {total} now.")
