"""HTTP to a Docker Engine, over whatever connection it is given."""

import asyncio
import functools
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Callable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Literal, TypeVar

import aiohttp
import msgspec

from moorage.engines.docker_answers import Failure, Progress, Version
from moorage.engines.docker_errors import engine_error, unreachable
from moorage.kit.errors import MoorageError, Unavailable
from moorage.kit.lines import Lines

KNOWN_API = (1, 47)  # the newest whose changes were read; engines refuse what is newer than they
CONNECT_TIMEOUT_S = 2
CALL_TIMEOUT_S = 30
SILENCE_S = 10

Connector = Callable[[], aiohttp.BaseConnector]
Method = Literal["GET", "POST", "PUT", "DELETE"]
Query = Mapping[str, str] | Sequence[tuple[str, str]]
Body = bytes | AsyncIterable[bytes]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Call:
    method: Method
    target: str
    timeout: aiohttp.ClientTimeout
    query: Query | None
    body: Body | None = None
    content_type: str = "application/x-tar"


class EngineClient:
    """A client of one engine; opens connections when they are needed.

    address: how people call the engine, for messages. advice: what they can do when it is away.
    silence_s: how long one that is listened to may say nothing before it is asked if it is there.
    """

    def __init__(
        self,
        address: str,
        connector: Connector,
        *,
        advice: str,
        base_url: str = "http://docker",
        silence_s: float = SILENCE_S,
    ) -> None:
        self.address = address
        self._connector = connector
        self._advice = advice
        self._base_url = base_url
        self._silence_s = silence_s
        self._session: aiohttp.ClientSession | None = None
        self._version: Version | None = None

    async def version(self) -> Version:
        """Return what the engine says of itself; asks once per life of the engine."""
        if self._version is None:
            self._version = await self.ask("GET", "/version", Version, versioned=False)
        return self._version

    async def ping(self, *, timeout_s: float) -> None:
        """Return when the engine answers."""
        await self.send("GET", "/_ping", versioned=False, timeout_s=timeout_s)

    async def ask(
        self,
        method: Method,
        path: str,
        answer: type[T],
        *,
        query: Mapping[str, str] | None = None,
        json: object = None,
        timeout_s: float | None = CALL_TIMEOUT_S,
        versioned: bool = True,
    ) -> T:
        """Call and decode the answer."""
        raw = await self.send(
            method, path, query=query, json=json, timeout_s=timeout_s, versioned=versioned
        )
        return self.decoded(raw, answer)

    async def send(
        self,
        method: Method,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        json: object = None,
        archive: bytes | None = None,
        timeout_s: float | None = CALL_TIMEOUT_S,
        versioned: bool = True,
    ) -> bytes:
        """Call and return the answer's body. Raises what docker_errors makes of a refusal."""
        call = _Call(
            method,
            await self._target(path) if versioned else path,
            _timeout(total=timeout_s),
            query,
            body=archive if json is None else msgspec.json.encode(json),
            content_type="application/x-tar" if json is None else "application/json",
        )
        async with self._open(call) as response:
            return await response.read()

    async def stream(
        self,
        path: str,
        *,
        query: Query,
        body: Body | None = None,
        silence_s: float,
    ) -> AsyncGenerator[Progress, None]:
        """Post and yield the progress that the engine tells, until it is done.

        silence_s: how long it may say nothing. An error inside the stream is yielded as it is.
        """
        timeout = _timeout(sock_read=silence_s)
        call = _Call("POST", await self._target(path), timeout, query, body)
        async with self._open(call) as response:
            lines = Lines()
            async for piece in response.content.iter_any():
                for line in filter(bytes.strip, lines.feed(piece)):
                    yield self.decoded(line, Progress)
            for line in filter(bytes.strip, lines.rest()):
                yield self.decoded(line, Progress)

    @asynccontextmanager
    async def listen(
        self, path: str, *, query: Mapping[str, str]
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Get what may never end, piece by piece; hang up at the end of the context.

        An engine that has nothing to say may be silent for ever, one that is gone may not.
        """
        call = _Call("GET", await self._target(path), _timeout(), query)
        with self._translated():
            async with asyncio.timeout(CALL_TIMEOUT_S):
                response = await self._accepted(call)
        async with response, aclosing(self._pieces(response)) as pieces:
            yield pieces

    async def close(self) -> None:
        """Let go of connections; the next call opens new ones."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def decoded(self, raw: bytes, answer: type[T]) -> T:
        """Return what the engine said. Raises Unavailable when no engine talks like that."""
        try:
            return msgspec.json.decode(raw, type=answer)
        except msgspec.MsgspecError as error:
            raise Unavailable(
                f"What answers at {self.address} is no Docker Engine.", detail=str(error)
            ) from error

    async def _target(self, path: str) -> str:
        major, minor = min((await self.version()).api, KNOWN_API)
        return f"/v{major}.{minor}{path}"

    async def _pieces(self, response: aiohttp.ClientResponse) -> AsyncGenerator[bytes, None]:
        with self._translated():
            while not response.content.at_eof():
                try:
                    async with asyncio.timeout(self._silence_s):
                        piece = await response.content.readany()
                except TimeoutError:
                    await self.ping(timeout_s=self._silence_s)
                else:
                    yield piece

    @asynccontextmanager
    async def _open(self, call: _Call) -> AsyncIterator[aiohttp.ClientResponse]:
        with self._translated():
            async with await self._accepted(call) as response:
                yield response

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (aiohttp.ClientError, OSError) as error:
            if isinstance(error.__cause__, MoorageError):  # of whoever makes the body we send
                raise error.__cause__ from error
            self._version = None  # it may come back as another version
            raise unreachable(self.address, self._advice, error) from error

    async def _accepted(self, call: _Call) -> aiohttp.ClientResponse:
        response = await self._request(call)
        if response.status >= 400:
            async with response:
                raise engine_error(response.status, _message(await response.read()))
        return response

    async def _request(self, call: _Call) -> aiohttp.ClientResponse:
        reused: list[bool] = []
        request = functools.partial(
            self._open_session().request,
            call.method,
            self._base_url + call.target,
            params=call.query,
            data=call.body,
            headers=None if call.body is None else {"Content-Type": call.content_type},
            timeout=call.timeout,
            trace_request_ctx=reused,
        )
        try:
            return await request()
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
            # A kept connection that the engine's restart cut: nothing was heard of this call.
            if reused and isinstance(call.body, bytes | None):
                return await request()
            raise

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            trace = aiohttp.TraceConfig()
            trace.on_connection_reuseconn.append(_note_reuse)
            self._session = aiohttp.ClientSession(
                connector=self._connector(),
                cookie_jar=aiohttp.DummyCookieJar(),
                trace_configs=[trace],
            )
        return self._session


async def _note_reuse(
    _session: aiohttp.ClientSession,
    context: SimpleNamespace,
    _params: aiohttp.TraceConnectionReuseconnParams,
) -> None:
    context.trace_request_ctx.append(True)


def _timeout(
    *, total: float | None = None, sock_read: float | None = None
) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=total, sock_connect=CONNECT_TIMEOUT_S, sock_read=sock_read)


def _message(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=Failure).message
    except msgspec.MsgspecError:
        return body.decode(errors="replace").strip()[:500]
