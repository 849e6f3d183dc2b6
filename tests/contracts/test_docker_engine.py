"""What only a real Docker Engine can show: hardening in force, and its own refusals."""

import asyncio
from dataclasses import replace

import pytest

from moorage.engines.port import ImageMissing, PublishedPort
from moorage.kit.errors import Invalid, NotFound, Unavailable
from tests.make.containers import exit_code
from tests.make.ports import free_port

from .conftest import Bench, chunks, tar_of

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.engine,
    pytest.mark.parametrize("new_bench", ["docker"], indirect=True),
]


async def ignore(_line: str) -> None:
    """Take a line of progress."""


async def output(bench: Bench, *command: str) -> list[str]:
    """Return what a program writes in a container."""
    container = await bench.run(bench.spec("one", *command))
    assert await exit_code(bench.engine, container) == 0
    return await bench.engine.container_log(container, tail=200)


async def test_a_container_has_no_capabilities_and_can_gain_none(bench: Bench) -> None:
    status = await output(bench, "/bin/cat", "/proc/self/status")

    assert "CapEff:\t0000000000000000" in status
    assert "CapBnd:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status


async def test_the_first_process_of_a_container_is_an_init(bench: Bench) -> None:
    status = await output(bench, "/bin/cat", "/proc/1/status")

    assert "Name:\tdocker-init" in status


async def test_a_published_port_is_open_on_its_address_only(bench: Bench) -> None:
    port = free_port()
    listen = ("/bin/busybox", "nc", "-ll", "-p", "7", "-e", "/bin/busybox", "echo", "ahoy")
    spec = replace(bench.spec("one", *listen), ports=(PublishedPort("127.0.0.2", port, 7),))
    await bench.run(spec)

    async with asyncio.timeout(20):
        while await greeting("127.0.0.2", port) != b"ahoy\n":
            await asyncio.sleep(0.05)
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


async def greeting(address: str, port: int) -> bytes:
    """Return what a server says first; nothing when it hangs up, as Docker's proxy does."""
    reader, writer = await asyncio.open_connection(address, port)
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.transport.abort()


async def test_a_user_that_the_image_does_not_know_is_refused(bench: Bench) -> None:
    with pytest.raises(Invalid, match="no user nobodyhere"):
        await bench.run(replace(bench.spec(), user="nobodyhere"))


async def test_an_address_of_another_server_is_refused(bench: Bench) -> None:
    ports = (PublishedPort("203.0.113.9", free_port(), 7),)

    with pytest.raises(Invalid, match=r"no address 203\.0\.113\.9"):
        await bench.run(replace(bench.spec(), ports=ports))


async def test_a_spec_that_the_engine_finds_wrong_is_invalid(bench: Bench) -> None:
    with pytest.raises(Invalid, match=r"[Mm]emory"):
        await bench.engine.create_container(replace(bench.spec(), memory_mib=1))


async def test_files_go_only_into_a_directory_that_is_there(bench: Bench) -> None:
    container = await bench.engine.create_container(bench.spec())

    with pytest.raises(NotFound):
        await bench.engine.put_archive(container, "/none", tar_of("word", b"hello"))
    with pytest.raises(Invalid, match="not a tar archive"):
        await bench.engine.put_archive(container, "/drop", b"no tar")


async def test_an_image_of_no_tar_is_refused(bench: Bench) -> None:
    ref = f"moorage-test/{bench.name('import')}:7"

    with pytest.raises(Invalid, match="not a tar archive"):
        await bench.engine.import_image(ref, chunks(b"garbage" * 1000))


async def test_a_build_on_an_image_that_nobody_has_is_not_a_bad_dockerfile(bench: Bench) -> None:
    dockerfile = b"FROM localhost:1/moorage-test/none:1\n"

    with pytest.raises((ImageMissing, Unavailable)):
        await bench.engine.build_image(
            "moorage-test/none:1", tar_of("Dockerfile", dockerfile), labels={}, args={}, say=ignore
        )


async def test_a_build_that_fails_says_at_which_step(bench: Bench) -> None:
    dockerfile = f"FROM {bench.image}\nRUN echo nearly there; exit 4\n".encode()

    with pytest.raises(Invalid, match=r"(?s)non-zero code: 4.*nearly there"):
        await bench.engine.build_image(
            "moorage-test/none:1", tar_of("Dockerfile", dockerfile), labels={}, args={}, say=ignore
        )


async def test_arguments_reach_a_build(bench: Bench) -> None:
    ref = f"moorage-test/{bench.name('build')}:1"
    dockerfile = f"FROM {bench.image}\nARG WORD\nRUN echo hear $WORD\n".encode()
    said: list[str] = []

    async def say(line: str) -> None:
        said.append(line)

    await bench.engine.build_image(
        ref, tar_of("Dockerfile", dockerfile), labels=bench.labels, args={"WORD": "me"}, say=say
    )

    assert "hear me" in said


async def test_a_log_is_told_as_it_is_written(bench: Bench) -> None:
    wait = "until [ -e /drop/word ]; do sleep 0.05; done; cat /drop/word; exec sleep 1000"
    container = await bench.run(bench.spec("one", "/bin/sh", "-c", wait))

    async with bench.engine.follow_log(container) as lines, asyncio.timeout(20):
        await bench.engine.put_archive(container, "/drop", tar_of("word", b"hello\n"))

        assert await anext(lines) == "hello"


async def test_a_long_line_comes_in_parts(bench: Bench) -> None:
    talk = "cat /bin/busybox | tr -c x x | head -c 20000; echo; echo end"
    container = await bench.run(bench.spec("one", "/bin/sh", "-c", talk))

    async with bench.engine.follow_log(container) as lines, asyncio.timeout(20):
        sizes = [len(line) async for line in lines]

    assert sizes == [16_384, 20_000 - 16_384, 3]


async def test_leaving_a_log_leaves_the_container_alone(bench: Bench) -> None:
    container = await bench.run(bench.spec())

    async with bench.engine.follow_log(container):
        pass

    assert (await bench.engine.get_container(container)).status == "running"
