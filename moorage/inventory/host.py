"""What a machine is doing: the port, and this machine, without any agent on it."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic, time
from typing import NamedTuple, Protocol

import psutil

from moorage import config
from moorage.inventory import nvidia
from moorage.inventory.machine import Gpu
from moorage.kit.clock import now
from moorage.kit.kept import Kept

ROOT = Path("/")

_CPU_OVER_S = 0.2  # at least; since the look before, if that
_CPU_UP_TO_S = 120.0  # was not too long ago to tell of now
_GPUS_FRESH_S = 5.0
_GPUS_WITHIN_S = 0.3  # the tool takes seconds where no driver is kept awake

Look = Callable[[], Awaitable[Sequence[Gpu]]]


@dataclass(frozen=True, slots=True)
class Measured:
    """Facts of a moment. mem, maxdisk, *_used: bytes; cpu: 0 to 1; uptime: seconds.

    disk_free: bytes that are left to users; a file system keeps some for root. load: over 1, 5 and
    15 minutes.
    """

    at: datetime
    ip: str
    cpus: int
    mem: int
    maxdisk: int
    uptime: int
    cpu: float
    mem_used: int
    disk_used: int
    disk_free: int
    load: tuple[float, float, float]
    gpus: Sequence[Gpu] = ()
    problem: str | None = None

    @property
    def mem_share(self) -> float:
        """How much of the memory is in use, 0 to 1."""
        return self.mem_used / self.mem

    @property
    def disk_share(self) -> float:
        """How much of the disk is in use, 0 to 1; of what users may have of it."""
        return self.disk_used / (self.disk_used + self.disk_free or 1)


class Host(Protocol):
    """A machine that can be looked at."""

    async def measure(self, folder: Path = ROOT) -> Measured:
        """Return how it is now. Raises Unavailable when it cannot be reached.

        folder: on the disk that is meant.
        """


class ThisHost(Host):
    """The machine that we run on: `/proc`, its disks, and its GPUs. look: finds those."""

    def __init__(self, look: Look = nvidia.look) -> None:
        self._gpus = Kept[Sequence[Gpu]](look, (), fresh_s=_GPUS_FRESH_S, within_s=_GPUS_WITHIN_S)
        self._before = _times()

    async def measure(self, folder: Path = ROOT) -> Measured:
        """See the port."""
        cpu, gpus = await asyncio.gather(self._share(), self._gpus.get())
        disk = await asyncio.to_thread(lambda: psutil.disk_usage(str(_nearest(folder))))
        memory = psutil.virtual_memory()
        return Measured(
            at=now(),
            ip=config.own_address(),
            cpus=psutil.cpu_count() or 1,
            mem=memory.total,
            maxdisk=disk.total,
            uptime=int(time() - psutil.boot_time()),
            cpu=cpu,
            mem_used=memory.total - memory.available,
            disk_used=disk.used,
            disk_free=disk.free,
            load=psutil.getloadavg(),
            gpus=() if self._gpus.problem else gpus,
            problem=self._gpus.problem,
        )

    async def _share(self) -> float:
        """Return the share of a while up to now in which processors worked."""
        before = self._before
        if not _CPU_OVER_S <= monotonic() - before.at <= _CPU_UP_TO_S:
            before = _times()
            await asyncio.sleep(_CPU_OVER_S)
        after = self._before = _times()
        busy, total = after.busy - before.busy, after.total - before.total
        return min(max(busy / total, 0.0), 1.0) if total > 0 else 0.0


class _Times(NamedTuple):
    """For how many seconds processors have worked until a moment, and could have."""

    at: float
    busy: float
    total: float


def _times() -> _Times:
    times = psutil.cpu_times()
    waited = times.idle + times.iowait
    worked = times.user + times.nice + times.system + times.irq + times.softirq + times.steal
    return _Times(monotonic(), worked, worked + waited)


def _nearest(folder: Path) -> Path:
    """Return the folder, or the one above that is there and that we may reach."""
    return next(part for part in (folder, *folder.parents) if os.access(part, os.F_OK))
