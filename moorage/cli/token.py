"""`moor token`: what programs call with, through the service's API."""

from typing import Annotated
from urllib.parse import quote

import typer

from moorage.cli.client import AsJson, Token, Url, call, call_list
from moorage.cli.show import show, table

Owner = Annotated[str, typer.Option("--user", help="Whose: a username or an id.")]

app = typer.Typer(help="API tokens.", no_args_is_help=True)


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    read_only: Annotated[bool, typer.Option("--read-only", help="It may change nothing.")] = False,
    expires_at: Annotated[
        str | None, typer.Option(help="When it ends, such as 2030-01-31T12:00:00Z.")
    ] = None,
    owner: Owner = "me",
    url: Url = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Make a token and print it; it cannot be shown again."""
    wanted = {
        "name": name,
        "scopes": ["read"] if read_only else ["read", "write"],
        "expires_at": expires_at,
        "user": owner,
    }
    made = call(url, token, "POST", "/v1/tokens", body=wanted)
    show(made, as_json, made["token"])


@app.command("ls")
def list_all(
    owner: Owner = "me", url: Url = None, token: Token = None, as_json: AsJson = False
) -> None:
    """List tokens, newest first."""
    rows = call_list(url, token, "/v1/tokens", user=owner)
    text = table(rows, "id", "name", "scopes", "expires_at", "last_used_at")
    show(rows, as_json, text or "There are none yet: moor token create laptop")


@app.command("revoke")
def revoke(
    token_id: Annotated[str, typer.Argument(help="Its id, from `moor token ls`.")],
    url: Url = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """End a token at once."""
    call(url, token, "DELETE", f"/v1/tokens/{quote(token_id, safe='')}")
    show({"id": token_id, "revoked": True}, as_json, f"{token_id} is revoked")
