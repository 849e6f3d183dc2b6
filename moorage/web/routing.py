"""Before routing: what all paths do alike with HEAD, OPTIONS, and a slash at their end."""

import asyncio
from collections.abc import Iterable

from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Routing:
    """ASGI middleware. A path with a slash at its end is the path without it.

    HEAD is answered as GET is, without the body, unless that GET changes something.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["path"] = scope["path"].rstrip("/") or "/"
        method = scope["method"]
        allowed = methods(scope) if method in ("HEAD", "OPTIONS") else set()
        if method == "OPTIONS" and allowed:
            await _tell(send, allowed)
        elif method == "HEAD" and method in allowed:
            asked = {**scope, "method": "GET"}
            await self._app(asked, *_without_bodies(send))
            scope["route"] = asked.get("route")  # for the metrics
        else:
            await self._app(scope, receive, send)


def methods(scope: Scope) -> set[str]:
    """Return the methods that a path takes; none when nothing is there."""
    routes: Iterable[BaseRoute] = scope["app"].routes
    found = [
        route
        for route in routes
        if isinstance(route, Route) and route.matches(scope)[0] is not Match.NONE
    ]
    taken = {method for route in found for method in route.methods or ()}
    if any("GET" in (route.methods or ()) and not _changes(route) for route in found):
        taken.add("HEAD")
    return taken | {"OPTIONS"} if taken else taken


def _changes(get: Route) -> bool:
    """Whether a GET changes something: the documentation calls those deprecated, and no others."""
    return bool(getattr(get, "deprecated", False))


async def _tell(send: Send, allowed: set[str]) -> None:
    headers = [(b"allow", ", ".join(sorted(allowed)).encode())]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _without_bodies(send: Send) -> tuple[Receive, Send]:
    """Return what gives no body, and takes none: with the head all is said, also of a stream."""
    messages = iter([{"type": "http.request", "body": b"", "more_body": False}])
    told = asyncio.Event()

    async def receive() -> Message:
        for message in messages:
            return message
        await told.wait()
        return {"type": "http.disconnect"}

    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.start":
            await send(message)
            await send({"type": "http.response.body", "body": b""})
            told.set()

    return receive, send_head
