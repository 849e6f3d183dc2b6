"""One process at a time."""

import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from moorage.kit.turn import my_turn

pytestmark = pytest.mark.anyio

HOLD = """
import fcntl, sys
file = open(sys.argv[1], "w")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


async def test_a_file_that_another_process_holds_is_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "turn.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with anyio.move_on_after(0.1) as waited:
            async with my_turn(file):
                pass
        other.kill()

    with anyio.fail_after(20):
        async with my_turn(file):
            pass
    assert waited.cancelled_caught


async def test_a_turn_that_ended_is_free_again(tmp_path: Path) -> None:
    file = tmp_path / "turn.lock"

    for _ in range(2):
        with anyio.fail_after(20):
            async with my_turn(file):
                pass
