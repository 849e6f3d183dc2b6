"""`GET /v1/instances` past the framework, whose way costs more than the rows do.

Only the plain request goes here: a good token, any page, no filter. Whatever is out of the
ordinary, errors too, takes the route of the same path, which would have answered this one alike.
Figures: bench/lists.py.
"""

import re
from contextlib import suppress

from starlette.types import ASGIApp, Receive, Scope, Send

from moorage.identity import service as identity
from moorage.instances import listing
from moorage.instances.listing import Wanted
from moorage.instances.tools import Tools
from moorage.kit.errors import MoorageError
from moorage.kit.paging import Page, after
from moorage.web.deps import count
from moorage.web.paging import DEFAULT

_PLAIN = re.compile(rb"(?:limit=([1-9]\d?|1\d\d|200))?(?:(?:^|&)cursor=([A-Za-z0-9_-]{1,100}))?")
_HEADER = b"authorization"
_TOKEN = re.compile(rb"Bearer ([A-Za-z0-9_-]{1,100})")


class Shortcut:
    """ASGI middleware."""

    path = "/v1/instances"

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = None
        if scope["type"] == "http" and scope["path"] == self.path and scope["method"] == "GET":
            body = await _answer(scope)
        if body is None:
            await self._app(scope, receive, send)
            return
        scope["route"] = self  # as the framework does, for the metrics
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def _answer(scope: Scope) -> bytes | None:
    """Return the answer to a plain request; None for all others."""
    plain = _PLAIN.fullmatch(scope["query_string"])
    given = [_TOKEN.fullmatch(value) for name, value in scope["headers"] if name == _HEADER]
    token = given[0] if len(given) == 1 else None
    if plain is None or token is None:
        return None
    state = scope["app"].state
    tools: Tools = state.tools
    limit, cursor = plain.groups()
    with suppress(MoorageError):  # the long way will say it
        page = Page(int(limit or DEFAULT), after(cursor.decode()) if cursor else None)
        caller = await identity.caller_of_token(tools.db, token[1].decode())
        count(state, caller)
        wanted = Wanted(owner_id=None if caller.is_admin else caller.user_id)
        return await listing.json_page(tools.db, wanted, page)
    return None
