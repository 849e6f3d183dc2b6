"""What comes before a body: bounded in length and in time, which uvicorn leaves to a proxy."""

import asyncio
from http import HTTPStatus
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class BoundedHeads(HttpToolsProtocol):
    """Serve a connection; close it when a head is too long, or does not come to its end."""

    LONGEST: ClassVar[int] = 1 << 16  # bytes
    WITHIN_S: ClassVar[float] = 30

    _is_in_head = True
    _bytes = 0
    _due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own
        """See asyncio."""
        super().connection_made(transport)
        self._expect()

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
        if self._is_in_head:
            self._bytes += len(data)
            self._expect()
        before = self._bytes
        super().data_received(data)
        # What ended a message and began the next one counts for neither.
        if self._is_in_head and self._bytes == before > self.LONGEST:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_headers_complete(self) -> None:
        """See httptools."""
        self._is_in_head = False
        self._in_time()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """See httptools."""
        self._is_in_head, self._bytes = True, 0
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio."""
        self._in_time()
        super().connection_lost(exc)

    @property
    def _is_answering(self) -> bool:
        # uvicorn's types know no connection before its first request.
        return self.cycle is not None and not self.cycle.response_complete  # type: ignore[redundant-expr]

    def _expect(self) -> None:
        if self._due is None:
            self._due = self.loop.call_later(self.WITHIN_S, self._too_late)

    def _in_time(self) -> None:
        if self._due:
            self._due.cancel()
            self._due = None

    def _too_late(self) -> None:
        self._due = None
        if self._is_answering:  # what comes early may end late
            self._expect()
        else:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def _refuse(self, status: HTTPStatus) -> None:
        if self.transport.is_closing():
            return
        # Who has said nothing is told nothing: browsers connect ahead. And no word into an answer.
        if self._bytes and not self._is_answering:
            line = f"HTTP/1.1 {status} {status.phrase}\r\n".encode()
            self.transport.write(line + b"Connection: close\r\nContent-Length: 0\r\n\r\n")
        self.transport.close()
