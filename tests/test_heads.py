"""Connections whose head never ends."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from moorage.heads import BoundedHeads

pytestmark = pytest.mark.anyio

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class Hasty(BoundedHeads):
    """Waits less than anybody could type."""

    WITHIN_S = 0.2


async def think(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer, and for `/long` only after longer than a head may take."""
    if scope["path"] == "/long":
        await asyncio.sleep(3 * Hasty.WITHIN_S)
    await PlainTextResponse("heard")(scope, receive, send)


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """Where a service answers that waits for no head."""
    config = uvicorn.Config(think, http=Hasty, port=0, log_config=None, lifespan="off")
    config.load()
    state = uvicorn.server.ServerState()
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: Hasty(config, state, {}), "127.0.0.1", 0)
    yield listening.sockets[0].getsockname()[1]
    listening.close()
    await listening.wait_closed()


async def say(port: int, *parts: bytes) -> bytes:
    """Send each part once something has come back for the one before; return all answers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answers = b""
    for part in parts:
        writer.write(part)
        answers += await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
    answers += await asyncio.wait_for(reader.read(), 30)
    writer.close()
    await writer.wait_closed()
    return answers


async def test_a_head_that_does_not_end_is_timed_out(port: int) -> None:
    assert (await say(port, b"GET / HTTP/1.1\r\n")).startswith(b"HTTP/1.1 408 ")


async def test_so_is_the_second_one_of_a_connection(port: int) -> None:
    answers = await say(port, REQUEST, b"GET / HTTP/1.1\r\n")

    assert answers.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 408 " in answers


async def test_what_comes_before_an_answer_has_ended_is_no_late_head(port: int) -> None:
    early = REQUEST.replace(b"/", b"/long", 1) + b"\r\nGET / HTTP/1.1\r\n"

    answers = await say(port, early, b"Host: x\r\nConnection: close\r\n\r\n")

    assert answers.count(b"HTTP/1.1 200 ") == 2
    assert b"408" not in answers


async def test_who_says_nothing_is_told_nothing(port: int) -> None:
    assert await say(port) == b""
