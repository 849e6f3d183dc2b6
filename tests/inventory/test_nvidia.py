"""`nvidia-smi` as a program: there or not, failing, slow."""

from pathlib import Path

import pytest

from moorage.inventory import nvidia
from moorage.kit.errors import Unavailable

pytestmark = pytest.mark.anyio


def program(folder: Path, *lines: str) -> str:
    """Write a program in place of the tool."""
    file = folder / "nvidia-smi"
    file.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    file.chmod(0o755)
    return str(file)


async def test_a_machine_without_the_tool_has_no_gpus(tmp_path: Path) -> None:
    assert await nvidia.look(str(tmp_path / "nvidia-smi")) == ()


async def test_the_tool_is_asked_for_csv_without_units(tmp_path: Path) -> None:
    tool = program(
        tmp_path, f'echo "$@" > {tmp_path}/asked', 'echo "0, Tesla T4, 15360, 1, 2, N/A"'
    )

    [gpu] = await nvidia.look(tool)

    assert gpu.model == "Tesla T4"
    assert (tmp_path / "asked").read_text().split() == [
        "--query-gpu=index,name,memory.total,memory.used,utilization.gpu,uuid",
        "--format=csv,noheader,nounits",
    ]


async def test_a_tool_that_finds_no_devices_fails_and_there_are_none(tmp_path: Path) -> None:
    assert await nvidia.look(program(tmp_path, "echo No devices were found", "exit 6")) == ()


async def test_a_tool_that_complains_is_quoted(tmp_path: Path) -> None:
    tool = program(tmp_path, "echo Failed to initialize NVML: Unknown Error >&2", "exit 255")

    with pytest.raises(Unavailable, match="says: Failed to initialize NVML: Unknown Error"):
        await nvidia.look(tool)


async def test_a_tool_that_fails_and_says_nothing_is_told_by_its_status(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="exit status 9"):
        await nvidia.look(program(tmp_path, "exit 9"))


async def test_a_tool_that_hangs_is_killed(tmp_path: Path) -> None:
    tool = program(tmp_path, f"echo $$ > {tmp_path}/pid", "exec sleep 1000")

    with pytest.raises(Unavailable, match=r"took longer than 0\.5 s"):
        await nvidia.look(tool, within_s=0.5)

    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists()


async def test_a_tool_that_never_stops_talking_is_killed(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="says: y"):
        await nvidia.look(program(tmp_path, "exec yes"), within_s=60)


async def test_a_file_that_is_no_program_is_told_of(tmp_path: Path) -> None:
    file = tmp_path / "nvidia-smi"
    file.write_bytes(b"\x7fELF and nothing else")
    file.chmod(0o755)

    with pytest.raises(Unavailable, match="nvidia-smi cannot be run: Exec format error"):
        await nvidia.look(str(file))
