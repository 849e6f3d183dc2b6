"""`moor op`: operations, through the service's API."""

import json
import time
from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import quote

import typer

from moorage.cli.client import AsJson, Event, Token, Url, call, call_list, stream
from moorage.cli.show import members, show, table
from moorage.kit.errors import Failed, Unavailable

Id = Annotated[str, typer.Argument(help="Its id, from `moor op ls`.")]

_AGAIN_S = 1.0
_TRIES = 60  # in a row that the service may be away

app = typer.Typer(help="Operations: what long work is doing.", no_args_is_help=True)


@app.command("ls")
def list_all(
    status: Annotated[str | None, typer.Option(help="queued, running, failed, …")] = None,
    kind: Annotated[str | None, typer.Option(help="Such as instance.create.")] = None,
    subject: Annotated[str | None, typer.Option(help="The id of what it works on.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    url: Url = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """List operations, newest first."""
    rows = call_list(
        url, token, "/v1/operations", at_most=limit, status=status, kind=kind, subject=subject
    )
    text = table(rows, "id", "kind", "subject", "status", "created_at")
    show(rows, as_json, text or "There are none yet.")


@app.command("show")
def show_one(operation: Id, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """Show an operation and its steps."""
    row = call(url, token, "GET", _path(operation))
    steps = table(row["steps"], "name", "status", "detail")
    show(row, as_json, f"{members(row | {'steps': len(row['steps'])})}\n{steps}".rstrip())


@app.command("watch")
def watch(operation: Id, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """Print what happens, until it has ended. With --json, an object a line."""
    for event in _events(url, token, operation):
        told = {"event": event.kind, "id": event.number, **event.data}
        print(json.dumps(told, ensure_ascii=False) if as_json else _line(event), flush=True)
    _check(call(url, token, "GET", _path(operation)))


@app.command("cancel")
def cancel(operation: Id, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """Have it stopped, and what it made taken back."""
    row = call(url, token, "POST", f"{_path(operation)}/cancel")
    show(row, as_json, f"{row['id']} is being cancelled; moor op watch {row['id']}")


@app.command("retry")
def retry(operation: Id, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """Have it tried again when it failed or was cancelled."""
    row = call(url, token, "POST", f"{_path(operation)}/retry")
    show(row, as_json, f"{row['id']} is tried again; moor op watch {row['id']}")


def finished(url: str | None, token: str | None, operation: str) -> Any:  # Any: JSON
    """Wait for the end of an operation and return it. Raises Failed unless it went well."""
    for _ in _events(url, token, operation):
        pass
    return _check(call(url, token, "GET", _path(operation)))


def show_end(
    url: str | None,
    token: str | None,
    operation: dict[str, Any],  # Any: JSON
    wait: bool,
    as_json: bool,
) -> None:
    """Show an operation, or how it ended."""
    seen = finished(url, token, operation["id"]) if wait else operation
    show(seen, as_json, f"{seen['subject']}: {seen['kind']} {seen['status']}")


def _events(url: str | None, token: str | None, operation: str) -> Iterator[Event]:
    """Yield all that happens, whatever happens to the connection. Raises Unavailable."""
    last, has_ended, tries = None, False, 0
    while not has_ended:
        try:
            for event in stream(url, token, f"{_path(operation)}/events", after=last):
                last, has_ended, tries = event.number or last, event.kind == "end", 0
                yield event
        except Unavailable:
            if tries >= _TRIES:
                raise
        if not has_ended:  # the service is being restarted, or a proxy has cut the connection
            tries += 1
            time.sleep(_AGAIN_S)


def _line(event: Event) -> str:
    data = event.data
    texts = {
        "step": f"{data.get('name')}: {data.get('status')}",
        "line": f"    {data.get('text')}",
        "progress": f"{data.get('progress')} %",
        "status": f"It is {data.get('status')}. {data.get('error', '')}".rstrip(),
        "end": f"It {data.get('status')}.",
    }
    return texts.get(event.kind, event.kind)


def _check(row: Any) -> Any:  # Any: JSON
    if row["status"] != "succeeded":
        raise Failed(f"{row['kind']} {row['status']}: {row['error'] or 'it was not said why.'}")
    return row


def _path(operation: str) -> str:
    return f"/v1/operations/{quote(operation, safe='')}"
