"""What the machine that Moorage runs on is doing right now."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

_CPU_OVER_S = 0.2


@dataclass(frozen=True, slots=True)
class Facts:
    """cpu, memory, disk: used, in per cent. load: over 1, 5 and 15 minutes."""

    cpu: float
    memory: float
    disk: float
    load: tuple[float, float, float]
    uptime_s: int


async def measure(folder: Path) -> Facts:
    """Measure for a moment. folder: on the disk that is meant; or it, or one above, is there."""
    return await asyncio.to_thread(_measure, folder)


def _measure(folder: Path) -> Facts:
    there = next(part for part in (folder, *folder.parents) if part.exists())
    return Facts(
        cpu=psutil.cpu_percent(_CPU_OVER_S),
        memory=psutil.virtual_memory().percent,
        disk=psutil.disk_usage(str(there)).percent,
        load=psutil.getloadavg(),
        uptime_s=int(time.time() - psutil.boot_time()),
    )
