"""`moor catalog`: Compose files that become apps."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from moorage.cli.client import AsJson
from moorage.cli.show import show

if TYPE_CHECKING:  # what a command needs is loaded when it runs
    from moorage.catalog.judge import Verdict

app = typer.Typer(help="What there is to order.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Keep `add` a command of its own while it is the only one."""


@app.command("add")
def add(
    given: Annotated[
        Path, typer.Argument(metavar="FILE|DIR", help="A Compose file, or its folder.")
    ],
    name: Annotated[
        str | None, typer.Option(help="Its name; left out: what the file says.")
    ] = None,
    only_check: Annotated[bool, typer.Option("--check", help="Judge it, add nothing.")] = False,
    allow: Annotated[
        list[str] | None, typer.Option(metavar="RULE", help="A rule it may break; repeat for more.")
    ] = None,
    data_dir: Annotated[Path | None, typer.Option(help="As for `moor serve`.")] = None,
    as_json: AsJson = False,
) -> None:
    """Take a Compose file into the catalogue, if nothing in it endangers a server."""
    from moorage import config
    from moorage.catalog import service
    from moorage.catalog.adding import add as put
    from moorage.catalog.judge import judge
    from moorage.compose.tool import ComposeTool  # all of the world takes half a second more

    settings = config.load(data_dir=data_dir)
    compose = ComposeTool(Path(settings.compose) if settings.compose else None)
    allowed = allow or []
    shipped = [one.name for one in service.load().list()]
    verdict = asyncio.run(judge(given, compose, name=name, allow=allowed, taken=shipped))
    if verdict.is_accepted and not only_check:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        put(verdict, settings.data_dir / "catalog", allowed=allowed)
    _show(verdict, as_json)
    if not verdict.is_accepted:
        raise typer.Exit(1)


def _show(verdict: "Verdict", as_json: bool) -> None:
    findings = [asdict(one) for one in verdict.findings]
    content = {"accepted": verdict.is_accepted, "name": verdict.name, "findings": findings}
    lines = [
        f"{one.severity:<7}  {one.where or verdict.name}: {one.detail} [{one.rule}]"
        for one in verdict.findings
    ]
    last = f"{verdict.name} is {'accepted' if verdict.is_accepted else 'refused'}."
    show(content, as_json, "\n".join([*lines, last]))
