"""The lists of instances and machines past the framework, whose way costs more than they do.

Only the plain request goes here: one good token or ticket, any page, no filter. Whatever is out of
the ordinary, bad requests too, takes the route of the same path, which would have answered this one
alike. Figures: bench/lists.py, bench/machines.py.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from moorage.identity import service as identity
from moorage.identity import tickets
from moorage.identity.rules import Caller
from moorage.instances import listing
from moorage.instances.listing import Wanted
from moorage.instances.tools import Tools
from moorage.inventory import assignments
from moorage.kit.errors import MoorageError, Unavailable
from moorage.kit.paging import Page, after
from moorage.web import errors
from moorage.web.deps import count
from moorage.web.paging import DEFAULT

_PLAIN = re.compile(rb"(?:limit=([1-9]\d?|1\d\d|200))?(?:(?:^|&)cursor=([A-Za-z0-9_-]{1,100}))?")
_NOTHING = re.compile(rb"")
_HEADERS = (b"authorization", b"x-auth-token")
_TOKEN = re.compile(rb"Bearer ([A-Za-z0-9_-]{1,100})")


@dataclass(frozen=True, slots=True)
class Way:
    """What is answered on a path to a plain request. plain: the queries that are."""

    path: str
    plain: re.Pattern[bytes]
    answer: Callable[[Tools, Caller, re.Match[bytes]], Awaitable[bytes]]


class Shortcut:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, way = None, None
        if scope["type"] == "http" and scope["method"] == "GET":
            way = WAYS.get(scope["path"])
        if way is not None:
            try:
                body = await _answer(scope, way)
            except Unavailable as error:  # the long way would wait once more
                scope["route"] = way
                answer = await errors.expected(Request(scope), error)
                await answer(scope, receive, send)
                return
        if body is None:
            await self._app(scope, receive, send)
            return
        scope["route"] = way  # as the framework does, for the metrics
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def _answer(scope: Scope, way: Way) -> bytes | None:
    """Return the answer to a plain request; None for all others."""
    plain = way.plain.fullmatch(scope["query_string"])
    given = [(name, value) for name, value in scope["headers"] if name in _HEADERS]
    if plain is None or len(given) != 1:
        return None
    state = scope["app"].state
    tools: Tools = state.tools
    try:
        caller = await _caller(tools, *given[0])
        if caller is not None:
            count(state, caller)
            return await way.answer(tools, caller, plain)
    except Unavailable:
        raise
    except MoorageError:  # the long way will say it
        return None
    return None


async def _caller(tools: Tools, header: bytes, value: bytes) -> Caller | None:
    if header == b"x-auth-token":
        return await tickets.caller_of_ticket(tools.db, tools.sessions, value.decode("latin-1"))
    token = _TOKEN.fullmatch(value)
    return await identity.caller_of_token(tools.db, token[1].decode()) if token else None


async def _instances(tools: Tools, caller: Caller, plain: re.Match[bytes]) -> bytes:
    limit, cursor = plain.groups()
    page = Page(int(limit or DEFAULT), after(cursor.decode()) if cursor else None)
    wanted = Wanted(owner_id=None if caller.is_admin else caller.user_id)
    return await listing.json_page(tools.db, wanted, page)


async def _machines(tools: Tools, caller: Caller, _plain: re.Match[bytes]) -> bytes:
    return await assignments.json_seen_by(tools.db, caller, tools.machines)


WAYS = {
    way.path: way
    for way in (
        Way("/v1/instances", _PLAIN, _instances),
        Way("/api/info", _NOTHING, _machines),
    )
}
