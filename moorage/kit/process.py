"""Programs, run by argument list; none outlives the one who waits for it."""

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from moorage.kit.errors import Unavailable
from moorage.kit.i18n import Text
from moorage.kit.lines import Lines

_CHUNK_BYTES = 1 << 16
_KILLED_WITHIN_S = 5  # a driver that hangs keeps even what was killed


class TooSlow(Unavailable):
    """It took longer than it may."""


@asynccontextmanager
async def started(
    *argv: str | Path,
    stdin: bytes = b"",
    stderr: int = STDOUT,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout_s: float | None = None,
    grace_s: float = 0,
) -> AsyncIterator[Process]:
    """Start a program; at the end of the block it and its children are gone.

    timeout_s: of the block. grace_s: how long it may take to end what it does, once nobody waits.
    Raises Unavailable (it cannot be run), TooSlow.
    """
    name = Path(argv[0]).name
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=PIPE if stdin else DEVNULL,
            stdout=PIPE,
            stderr=stderr,
            cwd=cwd,
            env=env,
            start_new_session=True,
        )
    except OSError as error:
        raise Unavailable(
            Text("{tool} cannot be run: {reason}.", tool=name, reason=error.strerror)
        ) from error
    try:
        async with asyncio.timeout(timeout_s):
            if process.stdin is not None:
                process.stdin.write(stdin)
                process.stdin.close()
            yield process
    except TimeoutError as error:
        raise TooSlow(
            Text("{tool} took longer than {limit:g} s.", tool=name, limit=timeout_s)
        ) from error
    finally:
        await _end(process, signal.SIGTERM, within_s=grace_s)
        await _end(process, signal.SIGKILL, within_s=_KILLED_WITHIN_S)


async def chunks(stream: asyncio.StreamReader | None) -> AsyncIterator[bytes]:
    """Yield what a program writes to one of its outputs, until it writes no more."""
    while stream is not None and (chunk := await stream.read(_CHUNK_BYTES)):
        yield chunk


async def lines(process: Process) -> AsyncIterator[str]:
    """Yield the lines that a program prints; very long ones come in parts."""
    found = Lines()
    async for chunk in chunks(process.stdout):
        for line in (*found.feed(chunk), *found.rest(longer_than=_CHUNK_BYTES)):
            yield _text(line)
    for line in found.rest():
        yield _text(line)


async def outputs(process: Process, *, most: int) -> tuple[bytes, bytes]:
    """Return what a program prints, and what it says on an error output of its own.

    most: bytes; one that prints more than that is killed, and there is a bit more of its output.
    """
    output, errors = await asyncio.gather(
        *(_output(process, stream, most) for stream in (process.stdout, process.stderr))
    )
    return output, errors


async def _output(process: Process, stream: asyncio.StreamReader | None, most: int) -> bytes:
    content = bytearray()
    async for chunk in chunks(stream):
        if len(content) <= most:
            content += chunk
        else:
            _signal(process, signal.SIGKILL)
    return bytes(content)


async def _end(process: Process, sign: signal.Signals, *, within_s: float) -> None:
    if process.returncode is None and within_s:
        _signal(process, sign)
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                # It is not waited for as long as there is something to read.
                await asyncio.gather(_drained(process.stdout), _drained(process.stderr))
                await process.wait()


async def _drained(stream: asyncio.StreamReader | None) -> None:
    async for _ in chunks(stream):
        pass


def _signal(process: Process, sign: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, sign)


def _text(line: bytes) -> str:
    return line.decode(errors="replace").rstrip()
