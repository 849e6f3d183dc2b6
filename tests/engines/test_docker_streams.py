"""What listening to a Docker Engine does when it is silent, frozen, cut or no longer wanted."""

import asyncio
import contextlib
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from moorage.engines.connectors import watched_socket
from moorage.engines.docker import DockerEngine
from moorage.kit.errors import Unavailable

pytestmark = pytest.mark.anyio

EVENT = (
    b'{"Action":"die","Actor":{"ID":"7","Attributes":{"name":"cache"}},"timeNano":1795270720000}\n'
)
VERSION = b'{"ApiVersion": "1.41"}'
OPEN = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"


@dataclass
class Talker:
    """An engine that one listens to. frozen: whether it answers no ping.

    says: what it sends to a listener. pings: one for each. left: set when a listener hung up.
    """

    frozen: bool = False
    says: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    pings: asyncio.Queue[None] = field(default_factory=asyncio.Queue)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    serving: set[asyncio.Task[None]] = field(default_factory=set)

    def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one more client."""
        self.serving.add(asyncio.ensure_future(self.serve(reader, writer)))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer what one client asks until it goes."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                path = (await reader.readuntil(b"\r\n\r\n")).split()[1]
                if path.endswith(b"/version"):
                    writer.write(answer(VERSION))
                elif path.endswith(b"/_ping"):
                    self.pings.put_nowait(None)
                    if not self.frozen:
                        writer.write(answer(b"OK"))
                else:
                    await self._talk(reader, writer)
        writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OPEN)
        talk = asyncio.create_task(self._say(writer))
        await reader.read()
        talk.cancel()
        self.left.set()

    async def _say(self, writer: asyncio.StreamWriter) -> None:
        while said := await self.says.get():
            writer.write(said)
        writer.transport.abort()


def answer(body: bytes) -> bytes:
    """Return a whole answer."""
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


def chunk(body: bytes) -> bytes:
    """Return a piece of an answer that goes on."""
    return b"%x\r\n%b\r\n" % (len(body), body)


@asynccontextmanager
async def talker(
    *, frozen: bool = False, silence_s: float = 20
) -> AsyncIterator[tuple[DockerEngine, Talker]]:
    """Have an engine that talks at a socket, and a client of it."""
    peer = Talker(frozen)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "engine.sock"
        engine = DockerEngine(f"unix://{path}", silence_s=silence_s)
        async with await asyncio.start_unix_server(peer.meet, path), asyncio.timeout(20):
            yield engine, peer
            await engine.close()
            await asyncio.gather(*peer.serving)


async def test_an_engine_may_be_silent_as_long_as_it_answers() -> None:
    async with talker(silence_s=0.3) as (engine, peer), engine.watch({}) as events:
        first = asyncio.ensure_future(anext(events))
        for _ in range(2):
            await peer.pings.get()
        peer.says.put_nowait(chunk(EVENT))

        assert (await first).name == "cache"


async def test_a_frozen_engine_is_noticed() -> None:
    async with talker(frozen=True, silence_s=0.01) as (engine, _peer), engine.watch({}) as events:
        with pytest.raises(Unavailable, match="no answer in time"):
            await anext(events)


async def test_an_event_may_come_in_pieces() -> None:
    async with talker() as (engine, peer), engine.watch({}) as events:
        peer.says.put_nowait(chunk(EVENT[:20]))
        peer.says.put_nowait(chunk(EVENT[20:] + EVENT))

        assert [(await anext(events)).action for _ in range(2)] == ["die", "die"]


async def test_events_that_are_cut_are_unavailable() -> None:
    async with talker() as (engine, peer), engine.watch({}) as events:
        peer.says.put_nowait(chunk(EVENT))
        peer.says.put_nowait(b"")

        assert (await anext(events)).name == "cache"
        with pytest.raises(Unavailable, match="it closed the connection"):
            await anext(events)


async def test_events_that_end_are_unavailable() -> None:
    async with talker() as (engine, peer), engine.watch({}) as events:
        peer.says.put_nowait(LAST_CHUNK)

        with pytest.raises(Unavailable, match="tells no more events: listen again"):
            await anext(events)


async def test_a_log_that_is_cut_is_unavailable() -> None:
    async with talker() as (engine, peer), engine.follow_log("cache") as lines:
        peer.says.put_nowait(chunk(b"\x01\0\0\0\0\0\0\x04one\n"))
        peer.says.put_nowait(b"")

        assert await anext(lines) == "one"
        with pytest.raises(Unavailable, match="it closed the connection"):
            await anext(lines)


async def test_who_listens_no_more_hangs_up() -> None:
    async with talker() as (engine, peer):
        async with engine.watch({}):
            pass

        await peer.left.wait()


async def test_a_listener_that_is_cancelled_hangs_up() -> None:
    async with talker() as (engine, peer):
        heard = asyncio.Event()

        async def listen() -> None:
            async with engine.watch({}) as events:
                async for _ in events:
                    heard.set()

        listener = asyncio.create_task(listen())
        peer.says.put_nowait(chunk(EVENT))
        await heard.wait()
        listener.cancel()

        await peer.left.wait()


async def test_an_error_of_the_listener_is_not_one_of_the_engine() -> None:
    async with talker() as (engine, _peer):
        with pytest.raises(FileNotFoundError):
            async with engine.watch({}):
                raise FileNotFoundError


def test_the_kernel_asks_whether_a_silent_machine_is_there() -> None:
    address = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("192.0.2.7", 2375))

    with watched_socket(address) as made:
        assert made.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
