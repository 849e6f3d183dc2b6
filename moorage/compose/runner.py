"""Docker Compose as what runs projects on an engine."""

import asyncio
import re
from asyncio.subprocess import Process
from contextlib import suppress
from pathlib import Path

from moorage.compose.port import Project, Runner
from moorage.compose.tool import ComposeTool
from moorage.engines.docker_errors import known_error
from moorage.engines.port import ImageMissing, NetworkMissing, Say
from moorage.kit.errors import Conflict, Failed, MoorageError, Unavailable

_LINES_KEPT = 50
_END_S = 5  # to let go of what it is making just now

# What it says, and what that means; the rest is the engine's own words.
_SIGNS: tuple[tuple[str, type[MoorageError], str], ...] = (
    (
        r'container name "/?([^"]+)" is already in use',
        Conflict,
        "There is a container {0} on this server that is not ours: rename or remove it.",
    ),
    (
        r"network (\S+) (?:declared as external, but could not be found|not found)",
        NetworkMissing,
        "There is no network {0} on this server.",
    ),
    (r"No such image: (\S+)", ImageMissing, "There is no image {0} on this server."),
    (
        r"Cannot connect to the Docker daemon|error during connect|EOF|connection refused",
        Unavailable,
        "The Docker Engine does not answer.",
    ),
)


class ComposeRunner(ComposeTool, Runner):
    """The tool, for one engine. host: as DOCKER_HOST says it."""

    def __init__(self, program: Path | None = None, *, host: str) -> None:
        super().__init__(program)
        self._own_environment = {"DOCKER_HOST": host}

    async def up(self, project: Project, *, say: Say, timeout_s: float) -> None:
        """See the port."""
        process = await self._start(
            project,
            *("--progress", "plain", "up", "--detach", "--no-recreate", "--no-build"),
            *("--pull", "never", "--quiet-pull"),
        )
        try:
            async with asyncio.timeout(timeout_s):
                last = await _said(process, say)
                code = await process.wait()
        except TimeoutError as error:
            raise Unavailable(f"Docker Compose took longer than {timeout_s:g} s.") from error
        finally:
            await _end(process)
        if code:
            raise _meaning(last)


async def _said(process: Process, say: Say) -> list[str]:
    """Pass its lines on until it says no more, and return the last ones."""
    last: list[str] = []
    while process.stderr is not None and (raw := await process.stderr.readline()):
        if line := raw.decode(errors="replace").strip():
            last = [*last[1 - _LINES_KEPT :], line]
            await say(line)
    return last


async def _end(process: Process) -> None:
    """Have it stop what it does, if it still does it."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(_END_S):
                await process.communicate()
        except TimeoutError:
            process.kill()
            await process.communicate()


def _meaning(lines: list[str]) -> MoorageError:
    text = "\n".join(lines)
    for pattern, kind, sentence in _SIGNS:
        if found := re.search(pattern, text):
            return kind(sentence.format(*found.groups()), detail=text)
    last = lines[-1] if lines else "it does not say why"
    return known_error(text) or Failed(f"Docker Compose failed: {last}", detail=text)
