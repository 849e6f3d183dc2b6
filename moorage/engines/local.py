"""What is free on this machine, for an engine that runs on it."""

from dataclasses import replace
from pathlib import Path

import psutil

from moorage.engines.port import EngineInfo

MIB = 1024 * 1024


def measured(info: EngineInfo) -> EngineInfo:
    """Return the facts with what is free now; on the disk as far as one can see that."""
    root = Path(info.root_dir)
    free = psutil.disk_usage(info.root_dir).free // MIB if root.is_dir() else None
    available = psutil.virtual_memory().available // MIB
    return replace(info, memory_free_mib=available, disk_free_mib=free)
