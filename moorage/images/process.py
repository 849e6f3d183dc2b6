"""Programs of the system, run by argument list; none outlives the one who waits for it."""

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import cast

from moorage.engines.port import Say
from moorage.kit.errors import Unavailable

SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"  # an ordinary user's lacks what debootstrap calls
CHUNK_BYTES = 1 << 20
LINES_KEPT = 20


async def run(*argv: str, say: Say) -> None:
    """Run a program and say each line it prints. Raises Unavailable when it fails."""
    last: deque[str] = deque(maxlen=LINES_KEPT)
    async with _started(*argv, stderr=STDOUT) as process:
        async for raw in _output(process):
            line = raw.decode(errors="replace").rstrip()
            last.append(line)
            await say(line)
        await _finish(process, *last)


async def stream(*argv: str) -> AsyncIterator[bytes]:
    """Run a program and yield what it prints. Raises Unavailable when it fails."""
    async with _started(*argv, stderr=DEVNULL) as process:
        output = _output(process)
        while chunk := await output.read(CHUNK_BYTES):
            yield chunk
        await _finish(process, argv[0])


@asynccontextmanager
async def _started(*argv: str, stderr: int) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        *("env", f"PATH={SYSTEM_PATH}", "LC_ALL=C", *argv),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=stderr,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


def _output(process: Process) -> asyncio.StreamReader:
    return cast(asyncio.StreamReader, process.stdout)  # it was started with a pipe


async def _finish(process: Process, *last_lines: str) -> None:
    if code := await process.wait():
        why = last_lines[-1] if last_lines else "it says nothing"
        detail = "\n".join(last_lines)
        raise Unavailable(f"A program failed with exit status {code}: {why}", detail=detail)
