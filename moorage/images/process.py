"""Programs of the system: what they print, line by line or as it comes."""

from asyncio.subprocess import DEVNULL
from collections import deque
from collections.abc import AsyncIterator

from moorage.engines.port import Say
from moorage.kit import process
from moorage.kit.errors import Unavailable

SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"  # an ordinary user's lacks what debootstrap calls
LINES_KEPT = 20

_SYSTEM = ("env", f"PATH={SYSTEM_PATH}", "LC_ALL=C")


async def run(*argv: str, say: Say) -> None:
    """Run a program and say each line it prints. Raises Unavailable when it fails."""
    last: deque[str] = deque(maxlen=LINES_KEPT)
    async with process.started(*_SYSTEM, *argv) as program:
        async for line in process.lines(program):
            last.append(line)
            await say(line)
        _check(await program.wait(), *last)


async def stream(*argv: str) -> AsyncIterator[bytes]:
    """Run a program and yield what it prints. Raises Unavailable when it fails."""
    async with process.started(*_SYSTEM, *argv, stderr=DEVNULL) as program:
        async for chunk in process.chunks(program.stdout):
            yield chunk
        _check(await program.wait(), argv[0])


def _check(code: int, *last_lines: str) -> None:
    if code:
        why = last_lines[-1] if last_lines else "it says nothing"
        detail = "\n".join(last_lines)
        raise Unavailable(f"A program failed with exit status {code}: {why}", detail=detail)
