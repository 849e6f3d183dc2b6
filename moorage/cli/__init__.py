"""`moor`: one file per noun; what a command needs is loaded when it runs."""

import sys
from typing import Annotated

import typer

from moorage import __version__
from moorage.cli import (
    admin,
    audit,
    catalog,
    client,
    config,
    db,
    doctor,
    images,
    instance,
    machine,
    op,
    purge,
    serve,
    token,
    user,
    vm,
    worker,
)
from moorage.cli import app as apps
from moorage.kit.errors import MoorageError


def _tell_version(is_asked: bool) -> None:
    if is_asked:
        print(f"moor {__version__}")
        raise typer.Exit


app = typer.Typer(
    name="moor",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Show it.")
    ] = False,
) -> None:
    """A self-hosted cloud on your own servers."""


serve.add_to(app)
worker.add_to(app)
client.add_to(app)
config.add_to(app)
doctor.add_to(app)
purge.add_to(app)
audit.add_to(app)
app.add_typer(admin.app, name="admin")
app.add_typer(apps.app, name="app")
app.add_typer(catalog.app, name="catalog")
app.add_typer(db.app, name="db")
app.add_typer(images.app, name="images")
app.add_typer(instance.app, name="instance")
app.add_typer(machine.app, name="machine")
app.add_typer(op.app, name="op")
app.add_typer(token.app, name="token")
app.add_typer(user.app, name="user")
app.add_typer(vm.app, name="vm")


def main() -> None:
    """Run a command; an expected failure is one line on standard error and exit code 1."""
    try:
        app()
    except MoorageError as error:
        print(f"moor: {error.message}", file=sys.stderr)
        sys.exit(1)
