"""How commands ask before they remove something."""

import sys

import typer

from moorage.kit.errors import Invalid


def confirm(deed: str, *, yes: bool) -> None:
    """Go on only if somebody wants that, as `remove 4 and all its data`. Raises Invalid."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise Invalid(f"Nobody is there to ask; say --yes to {deed}.")
    typer.confirm(f"{deed[0].upper()}{deed[1:]}?", abort=True)


def removal(what: str, *, keep_data: bool) -> str:
    """Return what removing something does, for confirm."""
    return f"remove {what}, but keep its data" if keep_data else f"remove {what} and all its data"
