"""Docker Compose as what runs projects on an engine."""

from collections import deque
from pathlib import Path

from moorage.compose.port import Project, Runner
from moorage.compose.tool import ComposeTool
from moorage.engines.docker_errors import Signs, known_error
from moorage.engines.port import Say
from moorage.kit import process
from moorage.kit.errors import Conflict, Failed, MoorageError, Unavailable

_LINES_KEPT = 50
_GRACE_S = 5  # to let go of what it is making just now

# What it says, and what that means; the rest is the engine's own words.
_SIGNS: Signs = (
    (
        r'container name "/?([^"]+)" is already in use',
        Conflict,
        "There is a container {0} on this server that is not ours: rename or remove it.",
    ),
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
        last: deque[str] = deque(maxlen=_LINES_KEPT)
        async with self._started(
            project,
            *("--progress", "plain", "up", "--detach", "--no-recreate", "--no-build"),
            *("--pull", "never", "--quiet-pull"),
            timeout_s=timeout_s,
            grace_s=_GRACE_S,
        ) as running:
            async for line in process.lines(running):
                if words := " ".join(line.split()):
                    last.append(words)
                    await say(words.removeprefix("Container "))
            code = await running.wait()
        if code:
            raise _meaning([*last])


def _meaning(lines: list[str]) -> MoorageError:
    text = "\n".join(lines)
    if known := known_error(text, _SIGNS) or known_error(text):
        return known
    last = lines[-1] if lines else "it does not say why"
    return Failed(f"Docker Compose failed: {last}", detail=text)
