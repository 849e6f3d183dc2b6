"""What the probes say of a server that takes no login."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager

import pytest

from moorage.engines.fake import FakeEngine
from moorage.engines.port import ContainerSpec, PublishedPort
from moorage.probes.fake import FakeProbe
from moorage.probes.mysql import MysqlProbe
from moorage.probes.port import LoginRefused, NotReady, Probe, Target
from moorage.probes.postgres import PostgresProbe
from moorage.probes.redis import RedisProbe

pytestmark = pytest.mark.anyio

PROBES = [RedisProbe(), MysqlProbe(), PostgresProbe()]
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[None, None, None]]


@asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[Target]:
    """Have a server that does one thing with every connection."""
    talks: list[asyncio.Task[None]] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.append(asyncio.ensure_future(answer(reader, writer)))
        await asyncio.wait(talks)
        writer.transport.abort()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    async with server:
        yield Target("127.0.0.1", port, "", "secret", timeout_s=0.3)
        await asyncio.gather(*talks)


def saying(words: bytes) -> Answer:
    """Return a server that says the same to everybody."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(words)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    return answer


async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Close at once, as Docker's port proxy does while nothing listens inside."""
    writer.transport.abort()


async def stay_silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Say nothing until the client goes."""
    await reader.read()


@pytest.mark.parametrize("probe", PROBES)
async def test_a_port_where_nobody_listens_is_not_ready(probe: Probe) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]

    with pytest.raises(NotReady, match=f"127.0.0.1:{port} takes no login yet"):
        await probe.login(Target("127.0.0.1", port, "root", "secret"))


@pytest.mark.parametrize("probe", PROBES)
async def test_a_server_that_hangs_up_is_not_ready(probe: Probe) -> None:
    async with serving(hang_up) as target:
        with pytest.raises(NotReady) as caught:
            await probe.login(target)

    assert not isinstance(caught.value, LoginRefused)


@pytest.mark.parametrize("probe", PROBES)
async def test_a_server_that_says_nothing_is_given_up_in_time(probe: Probe) -> None:
    async with serving(stay_silent) as target, asyncio.timeout(20):
        with pytest.raises(NotReady, match=r"no answer within 0.3 s"):
            await probe.login(target)


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        (b"+OK\r\n-LOADING Redis is loading the dataset in memory\r\n", False),
        (b"-WRONGPASS invalid username-password pair or user is disabled.\r\n", True),
        (b"-ERR AUTH <password> called without any password configured\r\n", True),
        (b"-NOAUTH Authentication required.\r\n", True),
        (b"HTTP/1.1 400 Bad Request\r\n", False),
        (b"+OK\r\n", False),
    ],
)
async def test_what_a_redis_answers_tells_whether_to_wait(words: bytes, refused: bool) -> None:
    async with serving(saying(words)) as target:
        with pytest.raises(NotReady) as caught:
            await RedisProbe().login(target)

    assert isinstance(caught.value, LoginRefused) == refused


async def test_a_redis_that_takes_the_password_is_ready() -> None:
    async with serving(saying(b"+OK\r\n+PONG\r\n")) as target:
        await RedisProbe().login(target)


async def test_a_password_is_not_in_what_a_log_shows_of_a_target() -> None:
    assert "secret" not in repr(Target("127.0.0.1", 1, "root", "secret"))


async def test_a_fake_server_takes_its_password_while_it_runs() -> None:
    engine = FakeEngine()
    engine.add_image("redis:8")
    spec = ContainerSpec(
        name="cache",
        image="redis:8",
        labels={},
        environment={"REDIS_PASSWORD": "secret"},
        ports=(PublishedPort("127.0.0.1", 6379, 6379),),
    )
    target = Target("127.0.0.1", 6379, "", "secret")
    probe = FakeProbe(engine)
    await engine.create_container(spec)

    with pytest.raises(NotReady):
        await probe.login(target)

    await engine.start_container("cache")
    await probe.login(target)
    with pytest.raises(LoginRefused):
        await probe.login(Target("127.0.0.1", 6379, "", "wrong"))

    engine.kill("cache")
    with pytest.raises(NotReady):
        await probe.login(target)
