"""What the Docker adapter does when its engine is away, cuts, or is something else."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from moorage.engines.docker import DockerEngine
from moorage.kit.errors import Invalid, Unavailable

pytestmark = pytest.mark.anyio

VERSION = '{"ApiVersion": "1.41"}'
CUT = None  # hang up instead of an answer


@dataclass
class Peer:
    """What answers at a socket: one answer after the other. heard: the requests.

    A number is a refusal with that status.
    """

    answers: list[str | int | None]
    heard: list[str] = field(default_factory=list)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer requests until one is to be cut or the client goes."""
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                length = head.partition("content-length: ")[2].partition("\r\n")[0]
                await reader.readexactly(int(length or 0))
                self.heard.append(" ".join(head.split()[:2]))
                answer = self.answers.pop(0)
                if answer is CUT:
                    break
                status, body = (answer, "") if isinstance(answer, int) else (200, answer)
                head = f"HTTP/1.1 {status} So\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write(f"{head}{body}".encode())
        writer.transport.abort()


@asynccontextmanager
async def engine_that_answers(
    answers: Sequence[str | int | None],
) -> AsyncIterator[tuple[DockerEngine, Peer]]:
    """Have something at a socket, and a client of it."""
    peer = Peer(list(answers))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "engine.sock"
        engine = DockerEngine(f"unix://{path}")
        async with await asyncio.start_unix_server(peer.talk, path):
            yield engine, peer
            await engine.close()


async def test_a_missing_socket_says_where_and_what_to_do(tmp_path: Path) -> None:
    engine = DockerEngine(f"unix://{tmp_path}/none.sock")

    with pytest.raises(Unavailable) as caught:
        await engine.info()

    assert caught.value.message == (
        f"The Docker Engine at unix://{tmp_path}/none.sock does not answer: no such file or"
        " directory. Start it, or set MOORAGE_DOCKER_HOST."
    )
    await engine.close()


async def test_a_closed_port_is_unavailable() -> None:
    engine = DockerEngine("tcp://127.0.0.1:1")

    with pytest.raises(Unavailable, match=r"tcp://127.0.0.1:1 does not answer"):
        await engine.find_containers({})

    await engine.close()


@pytest.mark.parametrize("host", ["", "npipe://x", "unix://relative", "ssh://box", "tcp://"])
async def test_a_host_that_is_no_address_is_refused(host: str) -> None:
    with pytest.raises(Invalid, match="unix:///path or tcp://address:port"):
        DockerEngine(host)


@pytest.mark.parametrize(("engine_speaks", "we_speak"), [("1.41", "/v1.41/"), ("1.99", "/v1.47/")])
async def test_the_older_of_two_api_versions_is_spoken(engine_speaks: str, we_speak: str) -> None:
    version = f'{{"ApiVersion": "{engine_speaks}"}}'
    async with engine_that_answers([version, "[]", "[]"]) as (engine, peer):
        await engine.find_networks({})
        await engine.find_networks({})

    assert peer.heard[0] == "get /version"
    assert [request.partition("networks")[0] for request in peer.heard[1:]] == [
        f"get {we_speak}"
    ] * 2


async def test_a_call_on_a_kept_connection_that_was_cut_is_made_again() -> None:
    async with engine_that_answers([VERSION, CUT, ""]) as (engine, peer):
        await engine.start_container("one")

    assert peer.heard == ["get /version", *["post /v1.41/containers/one/start"] * 2]


async def test_a_call_on_a_new_connection_that_was_cut_is_not_made_again() -> None:
    async with engine_that_answers([VERSION, CUT, CUT]) as (engine, peer):
        with pytest.raises(Unavailable, match="it closed the connection"):
            await engine.start_container("one")

    assert len(peer.heard) == 3


async def test_what_somebody_else_has_removed_meanwhile_is_gone() -> None:
    async with engine_that_answers([VERSION, 409, 404]) as (engine, peer):
        await engine.remove_container("one")

    assert peer.heard[-1].startswith("post /v1.41/containers/one/wait")


async def test_something_else_at_the_socket_is_told(tmp_path: Path) -> None:
    async with engine_that_answers(["<html>"]) as (engine, _peer):
        with pytest.raises(Unavailable, match="is no Docker Engine"):
            await engine.find_containers({})


async def test_a_build_step_that_fails_gives_the_last_lines() -> None:
    progress = (
        '{"stream":"Step 1/1 : RUN fetch"}\n{"stream":"\\n"}\n{"stream":"no such host\\n"}\n'
        '{"errorDetail":{"code":3,"message":"The command \'fetch\' returned a non-zero code: 3"}}'
    )
    said: list[str] = []

    async def say(line: str) -> None:
        said.append(line)

    async with engine_that_answers([VERSION, progress]) as (engine, _peer):
        with pytest.raises(Invalid, match=r"(?s)non-zero code: 3.*Step 1/1.*no such host"):
            await engine.build_image("app:1", b"", labels={}, args={}, say=say)

    assert said == ["Step 1/1 : RUN fetch", "no such host"]
