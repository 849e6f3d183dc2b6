"""What is free on this machine, for an engine that runs on it."""

import errno
import socket
from dataclasses import replace

import psutil

from moorage.engines.port import MIB, EngineInfo
from moorage.kit.errors import Unavailable
from moorage.kit.i18n import Text


def measured(info: EngineInfo) -> EngineInfo:
    """Return the facts with what is free now; on the disk as far as one can see that. Blocks."""
    try:
        available = psutil.virtual_memory().available // MIB
    except OSError as error:  # for example no file can be opened any more
        raise Unavailable(Text("The memory of this machine cannot be read; try again.")) from error
    return replace(info, memory_free_mib=available, disk_free_mib=_free_mib(info.root_dir))


def _free_mib(folder: str) -> int | None:
    try:
        return psutil.disk_usage(folder).free // MIB
    except OSError:
        return None


def bind_error(address: str, port: int) -> int:
    """Return why no program can listen there, as `errno` has it; 0: one can."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            return error.errno or errno.EIO
        return 0
