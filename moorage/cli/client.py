"""How client commands reach the service, and `moor login`."""

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from moorage.kit.errors import Invalid, MoorageError, Unavailable

Url = Annotated[str | None, typer.Option("--url", help="Where the service is (or `moor login`).")]
Token = Annotated[str | None, typer.Option("--token", help="API token (or `moor login`).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

DEFAULT_URL = "http://127.0.0.1:8080"
_TIMEOUT_S = 330  # an order may wait for 300


def add_to(app: typer.Typer) -> None:
    """Add `moor login`."""
    app.command("login")(login)


def login(
    url: Annotated[str, typer.Option(help="Where the service is.")] = DEFAULT_URL,
    token: Annotated[str, typer.Option(prompt=True, hide_input=True, help="API token.")] = "",
) -> None:
    """Keep address and token for later commands, readable by you only."""
    call(url, token, "GET", "/resource_list?limit=1")
    file = _login_file()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        json.dump({"url": url, "token": token}, stream)
    print(f"Logged in to {url}; kept in {file}.")


def call(
    url: str | None,
    token: str | None,
    method: str,
    path: str,
    body: object = None,
) -> Any:  # Any: JSON
    """Send a request and return the answer. Raises MoorageError with what the service says."""
    import httpx

    kept = _kept()
    token = token or kept.get("token")
    if not token:
        raise Invalid("Say who you are: `moor login`, or --token.")
    base = url or kept.get("url") or DEFAULT_URL
    headers = {"Authorization": f"Bearer {token}"}
    try:
        answer = httpx.request(
            method, base.rstrip("/") + path, json=body, headers=headers, timeout=_TIMEOUT_S
        )
    except httpx.HTTPError as error:
        raise Unavailable(f"{base} does not answer: {error}. Is `moor serve` running?") from error
    try:
        content = answer.json()
    except json.JSONDecodeError as error:
        raise Unavailable(f"{base} is no Moorage: it does not answer in JSON.") from error
    if answer.is_error:
        raise MoorageError(content.get("message", answer.reason_phrase))
    return content


def _kept() -> dict[str, str]:
    try:
        kept: dict[str, str] = json.loads(_login_file().read_text())
    except FileNotFoundError:
        return {}
    except json.JSONDecodeError as error:
        raise Invalid(f"{_login_file()} is broken; run `moor login` again.") from error
    return kept


def _login_file() -> Path:
    return Path.home() / ".config/moorage/login.json"
