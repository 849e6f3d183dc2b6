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
    """Take a Compose file into the catalogue, if it is not dangerous."""
    from moorage import config
    from moorage.catalog import service
    from moorage.catalog.adding import add as put
    from moorage.catalog.judge import judge
    from moorage.compose.tool import ComposeTool  # all of the world takes half a second more

    settings = config.load(data_dir=data_dir)
    compose = ComposeTool(settings.compose)
    allowed = allow or []
    shipped = [one.name for one in service.load().list()]
    verdict = asyncio.run(judge(given, compose, name=name, allow=allowed, taken=shipped))
    outcome = "would be accepted; nothing was added" if verdict.is_accepted else "is refused"
    if verdict.is_accepted and not only_check:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        was_there = put(verdict, settings.data_dir / "catalog", allowed=allowed)
        outcome = "was replaced" if was_there else "is in the catalogue"
        outcome += f": moor app install {verdict.name}"
    _show(verdict, outcome, as_json)
    if not verdict.is_accepted:
        raise typer.Exit(1)


def _show(verdict: "Verdict", outcome: str, as_json: bool) -> None:
    findings = [asdict(one) for one in verdict.findings]
    content = {"accepted": verdict.is_accepted, "name": verdict.name, "findings": findings}
    lines = [
        f"{one.severity:<7}  {one.where or verdict.name}: {one.detail} [{one.rule}]"
        for one in verdict.findings
    ]
    show(content, as_json, "\n".join([*lines, *_derived(verdict), f"{verdict.name} {outcome}"]))


def _derived(verdict: "Verdict") -> list[str]:
    """Return what an order of the app would generate, ask for and publish."""
    about = verdict.about
    asked = [
        f"{name} ({one['default']})" if "default" in one else name
        for name, one in about.get("questions", {}).get("properties", {}).items()
    ]
    ends = [(what, about.get(key)) for what, key in (("port", "main"), ("database", "database"))]
    told = {
        "generated": ", ".join(about.get("secrets", ())),
        "asked": ", ".join(asked),
        **{what: f"{end['port']} of {end['service']}" for what, end in ends if end},
    }
    return [f"{what}: {detail}" for what, detail in told.items() if detail]
