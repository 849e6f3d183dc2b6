"""What a machine is doing: the port, and this machine, without any agent on it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import psutil

from moorage import config
from moorage.inventory import nvidia
from moorage.inventory.machine import Gpu
from moorage.kit.clock import now
from moorage.kit.kept import Kept

_DISK = "/"
_CPU_OVER_S = 0.2  # the first time; from then on since the time before
_GPUS_FRESH_S = 5.0
_GPUS_WITHIN_S = 0.3  # the tool takes seconds where no driver is kept awake

Look = Callable[[], Awaitable[Sequence[Gpu]]]


@dataclass(frozen=True, slots=True)
class Measured:
    """Facts of a moment. mem, maxdisk, *_used: bytes; cpu: 0 to 1; uptime: seconds."""

    at: datetime
    ip: str
    cpus: int
    mem: int
    maxdisk: int
    uptime: int
    cpu: float
    mem_used: int
    disk_used: int
    gpus: Sequence[Gpu] = ()
    problem: str | None = None


class Host(Protocol):
    """A machine that can be looked at."""

    async def measure(self) -> Measured:
        """Return how it is now. Raises Unavailable when it cannot be reached."""


class ThisHost(Host):
    """The machine that we run on: `/proc`, its root disk, and its GPUs. look: finds those."""

    def __init__(self, look: Look = nvidia.look) -> None:
        self._gpus = Kept[Sequence[Gpu]](look, (), fresh_s=_GPUS_FRESH_S, within_s=_GPUS_WITHIN_S)
        self._before = (0.0, 0.0)

    async def measure(self) -> Measured:
        """See the port."""
        if not any(self._before):
            self._before = _times()
            await asyncio.sleep(_CPU_OVER_S)
        gpus = await self._gpus.get()
        disk = await asyncio.to_thread(psutil.disk_usage, _DISK)
        memory = psutil.virtual_memory()
        return Measured(
            at=now(),
            ip=config.own_address(),
            cpus=psutil.cpu_count() or 1,
            mem=memory.total,
            maxdisk=disk.total,
            uptime=int(time.time() - psutil.boot_time()),
            cpu=self._share(),
            mem_used=memory.total - memory.available,
            disk_used=disk.used,
            gpus=() if self._gpus.problem else gpus,
            problem=self._gpus.problem,
        )

    def _share(self) -> float:
        """Return the share of the time since the last look in which processors worked."""
        before, self._before = self._before, _times()
        busy, total = (now - then for now, then in zip(self._before, before, strict=True))
        return min(max(busy / total, 0.0), 1.0) if total > 0 else 0.0


def _times() -> tuple[float, float]:
    """Return for how long processors have worked, and for how long they could have."""
    times = psutil.cpu_times()
    waited = times.idle + times.iowait
    worked = times.user + times.nice + times.system + times.irq + times.softirq + times.steal
    return worked, worked + waited
