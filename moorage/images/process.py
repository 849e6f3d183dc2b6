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
_LONGEST_S = 1800  # debootstrap over a slow line; a mirror that hangs may do so for hours


async def run(*argv: str, say: Say, timeout_s: float = _LONGEST_S) -> None:
    """Run a program and say each line it prints. Raises Unavailable when it fails or hangs."""
    last: deque[str] = deque(maxlen=LINES_KEPT)
    try:
        async with process.started(*_SYSTEM, *argv, timeout_s=timeout_s) as program:
            async for line in process.lines(program):
                last.append(line)
                await say(line)
            code = await program.wait()
    except process.TooSlow as error:
        raise _failure(f"took longer than {timeout_s:g} s", *last) from error
    if code:
        raise _failure(f"failed with exit status {code}", *last)


async def stream(*argv: str) -> AsyncIterator[bytes]:
    """Run a program and yield what it prints. Raises Unavailable when it fails."""
    async with process.started(*_SYSTEM, *argv, stderr=DEVNULL) as program:
        async for chunk in process.chunks(program.stdout):
            yield chunk
        if code := await program.wait():
            raise _failure(f"failed with exit status {code}", argv[0])


def _failure(how: str, *last_lines: str) -> Unavailable:
    why = last_lines[-1] if last_lines else "it says nothing"
    return Unavailable(f"A program {how}: {why}", detail="\n".join(last_lines))
