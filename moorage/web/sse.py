"""Server-sent events: how one is written, and a stream of them that is kept alive.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import anyio
import msgspec
from fastapi.responses import StreamingResponse
from starlette.types import Send

from moorage.kit.errors import Unavailable
from moorage.kit.wakes import Wakes
from moorage.web.deps import Holds

log = logging.getLogger(__name__)

KEEP_ALIVE_S = 15  # proxies cut what is silent for a minute
_RETRY = b"retry: 1000\n\n"  # milliseconds
_STILL_HERE = b": still here\n\n"
_STREAMS = "streams"  # a topic that nobody touches: it wakes when this process stops
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # nginx must not collect it

Source = AbstractAsyncContextManager[AsyncIterator[bytes]]

_encoder = msgspec.json.Encoder()


def event(kind: str, data: object, *, number: int | None = None) -> bytes:
    """Return an event. data: JSON; number: by which a client that comes back says what it has."""
    identifier = b"" if number is None else b"id: %d\n" % number
    return b"%sevent: %s\ndata: %s\n\n" % (identifier, kind.encode(), _encoder.encode(data))


def described(**kinds: str) -> dict[str, Any]:  # Any: OpenAPI
    """Return what OpenAPI tells of a stream. kinds: an example of the data of each event."""
    example = "".join(f"event: {kind}\ndata: {data}\n\n" for kind, data in kinds.items())
    return {"text/event-stream": {"schema": {"type": "string"}, "example": example}}


class EventStream(StreamingResponse):
    """Events, until their source ends, the client goes, or this process stops.

    holds: whether the client may still listen; when not, the events end within KEEP_ALIVE_S. What
    the source raises while it is opened is answered as a problem.
    """

    media_type = "text/event-stream"

    def __init__(self, wakes: Wakes, holds: Holds, source: Source) -> None:
        super().__init__((), headers=_HEADERS)
        self._wakes = wakes
        self._holds = holds
        self._source = source

    async def stream_response(self, send: Send) -> None:
        """Send all of it; cancelled when the client goes."""
        async with self._source as events, anyio.create_task_group() as beside:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await _send_part(send, _RETRY)
            beside.start_soon(_keep_alive, send)
            beside.start_soon(_cut_at_stop, self._wakes, beside.cancel_scope)
            beside.start_soon(_cut_at_loss, self._holds, beside.cancel_scope)
            try:
                async for part in events:
                    await _send_part(send, part)
            except Unavailable as error:  # the client comes back, and is told why
                log.warning("stream cut", extra={"reason": error.message})
            beside.cancel_scope.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _send_part(send: Send, part: bytes) -> None:
    await send({"type": "http.response.body", "body": part, "more_body": True})


async def _keep_alive(send: Send) -> None:
    while True:
        await asyncio.sleep(KEEP_ALIVE_S)
        await _send_part(send, _STILL_HERE)


async def _cut_at_stop(wakes: Wakes, scope: anyio.CancelScope) -> None:
    async with wakes.listen(_STREAMS) as woken:
        while not wakes.is_closed:
            await woken.wait()
            woken.clear()
    scope.cancel()


async def _cut_at_loss(holds: Holds, scope: anyio.CancelScope) -> None:
    # Not between what is sent: that waits for a client that does not read.
    while True:
        await asyncio.sleep(KEEP_ALIVE_S)
        if not await holds():
            scope.cancel()
