"""Programs: heard to the end, and gone when nobody waits for them."""

import signal
from asyncio.subprocess import PIPE
from pathlib import Path

import anyio
import pytest

from moorage.kit import process
from moorage.kit.errors import Unavailable

pytestmark = pytest.mark.anyio


def is_there(pid: int) -> bool:
    """Tell whether a process runs; one that nobody has waited for yet does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


async def gone(pid: int) -> None:
    """Wait until a process is there no more."""
    with anyio.fail_after(20):
        while is_there(pid):
            await anyio.sleep(0.01)


async def test_a_very_long_line_comes_in_parts() -> None:
    program = "head -c 300000 /dev/zero | tr '\\0' x; echo; echo end"

    async with process.started("sh", "-c", program) as running:
        lines = [line async for line in process.lines(running)]

    assert "".join(lines) == "x" * 300_000 + "end"
    assert len(lines) > 2


async def test_a_program_that_nobody_listens_to_any_more_is_gone() -> None:
    with anyio.fail_after(20):
        async with process.started("yes") as running:
            await anext(process.chunks(running.stdout))

    assert not is_there(running.pid)


async def test_the_children_of_a_program_go_with_it() -> None:
    async with process.started("sh", "-c", "sleep 1000 & echo $!; wait") as running:
        child = int(await anext(process.lines(running)))

    await gone(child)


async def test_a_program_may_end_what_it_does_within_its_grace(tmp_path: Path) -> None:
    script = f"trap 'echo done > {tmp_path}/word; exit' TERM; echo; while true; do sleep 0.01; done"

    async with process.started("sh", "-c", script, grace_s=20) as running:
        await anext(process.lines(running))

    assert (tmp_path / "word").read_text() == "done\n"


async def test_a_program_that_lets_its_grace_pass_is_killed() -> None:
    async with process.started("sh", "-c", "trap '' TERM; echo; exec yes", grace_s=0.1) as running:
        await anext(process.lines(running))

    assert running.returncode == -signal.SIGKILL


async def test_a_program_that_takes_too_long_is_named_and_gone() -> None:
    with pytest.raises(Unavailable, match=r"sleep took longer than 0\.1 s"):
        async with process.started("sleep", "1000", timeout_s=0.1) as running:
            await running.wait()

    assert not is_there(running.pid)


async def test_a_program_gets_its_input_and_keeps_its_outputs_apart() -> None:
    async with process.started(
        "sh", "-c", "cat; echo no >&2", stdin=b"word", stderr=PIPE
    ) as running:
        said = await process.outputs(running, most=100)

    assert said == (b"word", b"no\n")


async def test_a_program_that_prints_more_than_it_may_is_killed() -> None:
    async with process.started("yes") as running:
        output, _ = await process.outputs(running, most=1 << 20)
        code = await running.wait()

    assert code == -signal.SIGKILL
    assert 1 << 20 < len(output) < 2 << 20
