"""How client commands reach the service, and `moor login`."""

import json
import math
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

import typer

from moorage.kit.errors import Invalid, MoorageError, NotFound, Unavailable

if TYPE_CHECKING:  # what a command needs is loaded when it runs
    from httpx import Response

Url = Annotated[str | None, typer.Option("--url", help="Where the service is (or `moor login`).")]
Token = Annotated[str | None, typer.Option("--token", help="API token (or `moor login`).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

DEFAULT_URL = "http://127.0.0.1:8080"
_TIMEOUT_S = 330  # an order may wait for 300
_SILENT_S = 45  # a stream says every 15 s that it is still there
_LONGEST_PAGE = 200  # the most that a list gives at once


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a stream told. number: by which one goes on after it."""

    kind: str
    data: dict[str, Any]  # Any: JSON
    number: str | None


def add_to(app: typer.Typer) -> None:
    """Add `moor login`."""
    app.command("login")(login)


def login(
    token: Annotated[
        str,
        typer.Option(
            prompt="Token (the first is in admin.json of the service's data directory)",
            hide_input=True,
            help="API token; asked for unless given.",
        ),
    ],
    url: Annotated[str, typer.Option(help="Where the service is.")] = DEFAULT_URL,
) -> None:
    """Keep address and token for later commands, readable by you only.

    The first token is in admin.json of the data directory, where `make up` puts it, or what
    `moor admin create` prints; `moor token create` makes more.
    """
    call(url, token, "GET", "/resource_list?limit=1")
    file = _login_file()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        os.fchmod(descriptor, 0o600)  # it may have been there already
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

    base, headers = _reach(url, token)
    with _answering(base):
        answer = httpx.request(method, base + path, json=body, headers=headers, timeout=_TIMEOUT_S)
    if answer.status_code == httpx.codes.NO_CONTENT:
        return None
    return _content(base, answer)


def call_list(
    url: str | None, token: str | None, path: str, *, at_most: int | None = None, **filters: object
) -> list[Any]:  # Any: JSON
    """Return the items of a list, from as many pages as it takes. filters: None is none."""
    asked = {name: value for name, value in filters.items() if value is not None}
    asked["limit"] = min(at_most or _LONGEST_PAGE, _LONGEST_PAGE)
    items: list[Any] = []  # Any: JSON
    while True:
        page = call(url, token, "GET", f"{path}?{urlencode(asked)}")
        items += page["items"]
        if page["next"] is None or len(items) >= (at_most or math.inf):
            return items[:at_most]
        asked["cursor"] = page["next"]


def stream(
    url: str | None, token: str | None, path: str, *, after: str | None = None
) -> Iterator[Event]:
    """Yield the events of a stream until it ends. after: the number of the last one you have.

    Raises MoorageError with what the service says, Unavailable when the stream is cut.
    """
    import httpx

    base, headers = _reach(url, token)
    headers |= {"Accept": "text/event-stream"} | ({"Last-Event-ID": after} if after else {})
    timeout = httpx.Timeout(_TIMEOUT_S, read=_SILENT_S)
    with (
        _answering(base),
        httpx.stream("GET", base + path, headers=headers, timeout=timeout) as answer,
    ):
        if answer.is_error:
            answer.read()
            _content(base, answer)
        yield from _events(answer.iter_lines())


def _events(lines: Iterable[str]) -> Iterator[Event]:
    """Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing."""
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if line:
            fields[name] = value
            continue
        if "data" in fields:
            yield Event(fields["event"], json.loads(fields["data"]), fields.get("id"))
        fields = {}


def _reach(url: str | None, token: str | None) -> tuple[str, dict[str, str]]:
    """Return where the service is, and the headers that say who is calling. Raises Invalid."""
    kept = {} if url and token else _kept()
    token = token or kept.get("token")
    if not token:
        raise Invalid("Say who you are: `moor login`, or --token.")
    base = url or kept.get("url") or DEFAULT_URL
    if not base.startswith(("http://", "https://")):
        raise Invalid(f"--url: {base} does not say how to speak to it; is it http://{base}?")
    return base.rstrip("/"), {"Authorization": f"Bearer {token}"}


@contextmanager
def _answering(base: str) -> Iterator[None]:
    import httpx

    try:
        yield
    except httpx.HTTPError as error:
        raise Unavailable(f"{base} does not answer: {error}. Is `moor serve` running?") from error


def _content(base: str, answer: "Response") -> Any:  # Any: JSON
    import httpx

    try:
        content = answer.json()
    except json.JSONDecodeError as error:
        raise Unavailable(f"{base} is no Moorage: it does not answer in JSON.") from error
    if answer.is_error:
        kind = NotFound if answer.status_code == httpx.codes.NOT_FOUND else MoorageError
        raise kind(_sentences(content) or answer.reason_phrase)
    return content


def _sentences(content: dict[str, Any]) -> str:  # Any: JSON
    """Return what an error says; of each bad field only what it did not say already."""
    sentence = str(content.get("detail") or content.get("message") or "")
    faults = content["errors"] if isinstance(content.get("errors"), list) else []
    lines = [
        f"  {fault.get('pointer') or fault.get('parameter') or fault.get('header')}: "
        f"{fault['detail']}"
        for fault in faults
        if fault["detail"] not in sentence
    ]
    return "\n".join([sentence, *lines])


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
