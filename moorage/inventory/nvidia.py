"""`nvidia-smi`, run by argument list, bounded in time and output."""

import asyncio
import os
import shutil
import signal
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from contextlib import suppress

from moorage.inventory import gpu
from moorage.inventory.machine import Gpu
from moorage.kit.errors import Unavailable
from moorage.kit.i18n import Text

_TOOL = "nvidia-smi"
_WITHIN_S = 5.0
_KILLED_WITHIN_S = 1.0  # a driver that hangs keeps even what was killed
_LONGEST = 1 << 20  # bytes


async def look(tool: str = _TOOL, *, within_s: float = _WITHIN_S) -> tuple[Gpu, ...]:
    """Return the GPUs of this machine; none without the tool. Raises Unavailable."""
    program = shutil.which(tool)
    if program is None:
        return ()
    try:
        process = await asyncio.create_subprocess_exec(
            program,
            *gpu.ARGUMENTS,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise Unavailable(
            Text("{tool} cannot be run: {reason}.", tool=_TOOL, reason=error.strerror)
        ) from error
    try:
        async with asyncio.timeout(within_s):
            output = await _output(process)
            code = await process.wait()
    except TimeoutError as error:
        raise Unavailable(
            Text("{tool} took longer than {limit:g} s.", tool=_TOOL, limit=within_s)
        ) from error
    finally:
        await _end(process)
    if code and not output:
        raise Unavailable(Text("{tool} failed with exit status {code}.", tool=_TOOL, code=code))
    return gpu.parse(output.decode(errors="replace"))


async def _output(process: Process) -> bytes:
    assert process.stdout is not None
    output = bytearray()
    while len(output) < _LONGEST and (chunk := await process.stdout.read(1 << 16)):
        output += chunk
    return bytes(output)


async def _end(process: Process) -> None:
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(TimeoutError):
        async with asyncio.timeout(_KILLED_WITHIN_S):
            await process.communicate()
