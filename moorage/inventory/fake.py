"""A machine, and a source of machines, in memory only. They pass the same tests as real ones."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from moorage.inventory.host import ROOT, Host, Measured
from moorage.inventory.machine import Machine, Source, SourceName
from moorage.kit.clock import now
from moorage.kit.errors import Unavailable

_GIB = 1 << 30


class FakeHost(Host):
    """A machine without GPUs. away: whether it cannot be reached. facts: all but the time."""

    def __init__(self) -> None:
        self.away = False
        self.facts = Measured(
            at=now(),
            ip="192.0.2.7",
            cpus=4,
            mem=16 * _GIB,
            maxdisk=100 * _GIB,
            uptime=3600,
            cpu=0.25,
            mem_used=4 * _GIB,
            disk_used=30 * _GIB,
            disk_free=70 * _GIB,
            load=(0.5, 0.25, 0.125),
        )

    async def measure(self, folder: Path = ROOT) -> Measured:
        """See the port."""
        if self.away:
            raise Unavailable("The machine does not answer.")
        return replace(self.facts, at=now())


class FakeSource(Source):
    """A source with these machines. away: whether it fails. answers: not set, it hangs."""

    name: SourceName = "files"
    fresh_s = 0.0
    within_s = 0.05

    def __init__(self, *machines: Machine) -> None:
        self.machines: Sequence[Machine] = machines
        self.away = False
        self.answers = asyncio.Event()
        self.answers.set()

    async def look(self) -> Sequence[Machine]:
        """See the port."""
        await self.answers.wait()
        if self.away:
            raise Unavailable("The source does not answer.")
        return self.machines
