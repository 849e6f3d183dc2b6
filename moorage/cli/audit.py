"""`moor audit`."""

from typing import Annotated

import typer

from moorage.cli.client import AsJson, Token, Url, call_list
from moorage.cli.show import show, table

_Filter = str | None


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("audit")(audit)


def audit(
    user: Annotated[_Filter, typer.Option(help="Who: a username, an id, or `me`.")] = None,
    action: Annotated[_Filter, typer.Option(help="What, such as instance.create.")] = None,
    subject: Annotated[_Filter, typer.Option(help="To what: an id.")] = None,
    since: Annotated[_Filter, typer.Option(help="From 2030-01-31T12:00:00Z on.")] = None,
    until: Annotated[_Filter, typer.Option(help="Before 2030-01-31T12:00:00Z.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    url: Url = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Show who did what, when and from where, the newest first."""
    rows = call_list(
        url,
        token,
        "/v1/audit",
        at_most=limit,
        user=user,
        action=action,
        subject=subject,
        since=since,
        until=until,
    )
    text = table(rows, "at", "username", "address", "action", "subject", "outcome", "detail")
    show(rows, as_json, text or "Nothing was done yet.")
