"""What every machine that can be looked at tells: this one, and the fake."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from moorage.inventory.fake import FakeHost
from moorage.inventory.host import Host, ThisHost
from moorage.inventory.machine import Gpu
from moorage.kit.clock import now
from moorage.kit.errors import Unavailable

pytestmark = pytest.mark.anyio

T4 = Gpu("Tesla T4", 15 << 30, 1 << 30, 0.5)


@pytest.fixture(params=[FakeHost, ThisHost])
def host(request: pytest.FixtureRequest) -> Host:
    """Give each."""
    made: Host = request.param()
    return made


async def test_figures_are_bytes_and_shares_of_what_there_is(host: Host) -> None:
    seen = await host.measure()

    assert 1 << 20 < seen.mem_used < seen.mem < 1 << 63
    assert 1 << 20 < seen.disk_used < seen.maxdisk < 1 << 63
    assert 0 <= seen.disk_free <= seen.maxdisk - seen.disk_used
    assert 0 < seen.mem_share < 1
    assert 0 < seen.disk_share <= 1
    assert min(seen.load) >= 0
    assert 0 <= seen.cpu <= 1
    assert seen.cpus >= 1
    assert seen.uptime > 0
    assert seen.ip.count(".") == 3


async def test_a_later_look_has_a_later_time(host: Host) -> None:
    began = now()

    first, second = await host.measure(), await host.measure()

    assert began <= first.at <= second.at <= now()
    assert 0 <= second.cpu <= 1


async def test_whoever_looks_at_once_or_soon_after_sees_that_the_machine_is_busy() -> None:
    host = ThisHost()

    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        at_once = await asyncio.gather(*(host.measure() for _ in range(3)))
        soon = await host.measure()
        busy.kill()

    assert min(seen.cpu for seen in (*at_once, soon)) > 0


async def test_a_folder_that_is_not_there_is_on_the_disk_of_the_one_above(tmp_path: Path) -> None:
    here, below = await ThisHost().measure(tmp_path), await ThisHost().measure(tmp_path / "a/b")

    assert here.maxdisk == below.maxdisk == shutil.disk_usage(tmp_path).total


async def test_this_machine_says_what_the_system_says() -> None:
    seen = await ThisHost().measure()

    assert seen.cpus == os.cpu_count()
    assert seen.mem == os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


async def test_gpus_of_this_machine_are_told() -> None:
    async def look() -> Sequence[Gpu]:
        return [T4]

    seen = await ThisHost(look).measure()

    assert (seen.gpus, seen.problem) == ([T4], None)


async def test_gpus_that_cannot_be_seen_are_left_out_with_the_reason() -> None:
    async def look() -> Sequence[Gpu]:
        raise Unavailable("nvidia-smi says: Unknown Error")

    seen = await ThisHost(look).measure()

    assert (seen.gpus, seen.problem) == ((), "nvidia-smi says: Unknown Error")
    assert seen.mem > 0


async def test_nobody_waits_for_gpus_that_hang() -> None:
    async def look() -> Sequence[Gpu]:
        await asyncio.Event().wait()
        return [T4]

    async with asyncio.timeout(5):
        seen = await ThisHost(look).measure()

    assert (seen.gpus, seen.problem) == ((), None)
