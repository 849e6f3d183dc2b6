"""Docker Compose as a program: found, run by argument list, bounded in time and output."""

import json
import re
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from moorage.compose.port import RESERVED, Compose, Project
from moorage.kit import process
from moorage.kit.errors import Invalid, Unavailable

MAX_OUTPUT_BYTES = 16 << 20
NOWHERE = "/nonexistent"  # in place of a home and of a search path: `~` leads to nothing of ours

_PLUGINS = "docker/cli-plugins/docker-compose"
_PLACES = ("/usr/local/lib", "/usr/local/libexec", "/usr/lib", "/usr/libexec")
_OF_SEVERAL_LINES = "invalid interpolation format"
_LOG_LINE = re.compile(r'^time="[^"]*" level=\w+ msg="(.*)"$')


class ComposeTool(Compose):
    """The tool. program: its path, or None for the one that is found."""

    def __init__(self, program: Path | None = None, *, config_timeout_s: float = 10) -> None:
        self._program = program
        self._own_environment: dict[str, str] = {}
        self._config_timeout_s = config_timeout_s

    async def config(self, project: Project) -> dict[str, Any]:  # Any: JSON
        """See the port."""
        options = ("--profile", "*", "config", "--format", "json")
        code, output, errors = await self._run(project, *options, timeout_s=self._config_timeout_s)
        if code:
            raise Invalid(_sentence(errors, project), detail=errors)
        model: dict[str, Any] = json.loads(output)  # Any: JSON
        return model

    async def _run(
        self, project: Project, *arguments: str, timeout_s: float
    ) -> tuple[int, str, str]:
        """Run the tool and return exit status, output and what it says on standard error."""
        async with self._started(project, *arguments, stderr=PIPE, timeout_s=timeout_s) as running:
            output, errors = await process.outputs(running, most=MAX_OUTPUT_BYTES)
            code = await running.wait()
        if len(output) > MAX_OUTPUT_BYTES:
            raise Invalid(f"What Compose makes of it has more than {MAX_OUTPUT_BYTES >> 20} MiB.")
        return code, output.decode(errors="replace"), errors.decode(errors="replace")

    def _started(
        self,
        project: Project,
        *arguments: str,
        timeout_s: float,
        stderr: int = STDOUT,
        grace_s: float = 0,
    ) -> AbstractAsyncContextManager[Process]:
        override = ("--file", "-") if project.override else ()
        return process.started(
            self._program or found(),
            *("--file", project.file, *override, "--project-directory", project.folder),
            *("--project-name", project.name, "--env-file", "/dev/null", *arguments),
            stdin=project.override.encode(),
            stderr=stderr,
            cwd=project.folder,
            env={**_environment(project), **self._own_environment},
            timeout_s=timeout_s,
            grace_s=grace_s,
        )


def found() -> Path:
    """Return the tool that `make setup` fetched, or the plugin of this machine's Docker.

    Raises Unavailable.
    """
    own = Path(sys.prefix) / "libexec/docker-compose"
    for place in (own, *(Path(folder) / _PLUGINS for folder in _PLACES)):
        if place.is_file():
            return place
    raise Unavailable("There is no Docker Compose: run make setup, or set MOORAGE_COMPOSE.")


def _environment(project: Project) -> dict[str, str]:
    given = {
        name: value for name, value in project.variables.items() if not RESERVED.fullmatch(name)
    }
    return {
        **given,
        "HOME": NOWHERE,
        "PATH": NOWHERE,
        "PWD": str(project.folder),
        # A file is never fetched from elsewhere, whatever it includes.
        "COMPOSE_EXPERIMENTAL_GIT_REMOTE": "false",
        "COMPOSE_EXPERIMENTAL_OCI_REMOTE": "false",
    }


def _sentence(errors: str, project: Project) -> str:
    """Return the last thing the tool said, without the places of this machine."""
    lines = [line for line in errors.splitlines() if line and not _LOG_LINE.match(line)]
    # The one thing that takes it several lines; they end with what stands there.
    start = next((n for n, line in enumerate(lines) if line.startswith(_OF_SEVERAL_LINES)), -1)
    last = " ".join(lines[start:][:3]) or "Docker Compose refuses it and does not say why."
    return last.replace(f"{project.folder}/", "").replace(str(project.folder), ".")
