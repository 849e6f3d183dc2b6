"""Around every request: its id and language, its size limit, its place in log and metrics."""

import logging
import re
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from moorage.kit import errors, i18n
from moorage.kit.i18n import Text
from moorage.kit.ids import new_id
from moorage.kit.log import request_id
from moorage.web.errors import TooLarge, answer
from moorage.web.metrics import Metrics

log = logging.getLogger("moorage.access")

LARGEST_BODY = 1 << 20  # bytes

_LANGUAGES_READ = 200  # characters
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_QUIET = {"/healthz", "/readyz", "/metrics"}


class Frame:
    """ASGI middleware. A caller's `X-Request-Id` is kept when it is well-formed."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, _without_traces(send))
            return
        headers = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"").decode("latin-1")
        identifier = given if _GIVEN_ID.fullmatch(given) else new_id("req")
        request_id.set(identifier)
        accepted = headers.get(b"accept-language", b"").decode("latin-1")
        i18n.language.set(i18n.preferred(accepted[:_LANGUAGES_READ]))
        status = 500
        started = time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"x-request-id", identifier.encode()),
                    (b"x-content-type-options", b"nosniff"),
                ]
            await send(message)

        try:
            length = headers.get(b"content-length", b"0")
            if length.isdigit() and int(length) > LARGEST_BODY:
                await answer(scope["path"], _too_large())(scope, receive, send_with_id)
            else:
                await self._app(scope, _limited(receive), send_with_id)
        finally:
            seconds = time.perf_counter() - started
            route = getattr(scope.get("route"), "path", "unmatched")
            self._metrics.request(scope["method"], route, status, seconds)
            log.log(
                logging.DEBUG if scope["path"] in _QUIET else logging.INFO,
                "%s %s",
                scope["method"],
                scope["path"],
                extra={"status": status, "ms": round(seconds * 1000, 1)},
            )


def _without_traces(send: Send) -> Send:
    """Say in one line why the service cannot start, when it is a failure that we expect."""

    async def send_shortened(message: Message) -> None:
        last = message.get("message", "").rstrip().rpartition("\n")[2]
        kind, _, sentence = last.partition(": ")
        if message["type"] == "lifespan.startup.failed" and kind.startswith(errors.__name__):
            message = {**message, "message": sentence}
        await send(message)

    return send_shortened


def _limited(receive: Receive) -> Receive:
    left = LARGEST_BODY

    async def receive_limited() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise _too_large()
        return message

    return receive_limited


def _too_large() -> TooLarge:
    return TooLarge(Text("The body is larger than {limit} bytes; send less.", limit=LARGEST_BODY))
