"""Docker Compose as a program: found, run by argument list, bounded in time and output."""

import asyncio
import json
import re
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from pathlib import Path
from typing import Any

from moorage.compose.port import RESERVED, Compose, Project
from moorage.kit.errors import Invalid, Unavailable

MAX_OUTPUT_BYTES = 16 << 20
NOWHERE = "/nonexistent"  # in place of a home and of a search path: `~` leads to nothing of ours

_PLUGINS = "docker/cli-plugins/docker-compose"
_PLACES = ("/usr/local/lib", "/usr/local/libexec", "/usr/lib", "/usr/libexec")
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
        process = await self._start(project, *arguments)
        try:
            async with asyncio.timeout(timeout_s):
                output, errors = await _read(process)
                code = await process.wait()
        except TimeoutError as error:
            raise Unavailable(f"Docker Compose took longer than {timeout_s:g} s.") from error
        finally:
            _end(process)
            await process.communicate()
        if len(output) > MAX_OUTPUT_BYTES:
            raise Invalid(f"What Compose makes of it has more than {MAX_OUTPUT_BYTES >> 20} MiB.")
        return code, output.decode(errors="replace"), errors.decode(errors="replace")

    async def _start(self, project: Project, *arguments: str) -> Process:
        program = self._program or found()
        override = ("--file", "-") if project.override else ()
        try:
            process = await asyncio.create_subprocess_exec(
                program,
                *("--file", project.file, *override, "--project-directory", project.folder),
                *("--project-name", project.name, "--env-file", "/dev/null", *arguments),
                cwd=project.folder,
                env={**_environment(project), **self._own_environment},
                stdin=PIPE if project.override else DEVNULL,
                stdout=PIPE,
                stderr=PIPE,
            )
        except OSError as error:
            raise Unavailable(f"{program} cannot be run: {error.strerror}.") from error
        if process.stdin is not None:
            process.stdin.write(project.override.encode())
            process.stdin.close()
        return process


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


async def _read(process: Process) -> tuple[bytes, bytes]:
    streams = [stream for stream in (process.stdout, process.stderr) if stream is not None]
    output, errors = await asyncio.gather(*(_all_of(stream, process) for stream in streams))
    return output, errors


async def _all_of(stream: asyncio.StreamReader, process: Process) -> bytes:
    """Read to the end, or a bit more than is allowed of a process that finds no end."""
    content = bytearray()
    while chunk := await stream.read(1 << 16):
        if len(content) <= MAX_OUTPUT_BYTES:
            content += chunk
        else:
            _end(process)
    return bytes(content)


def _end(process: Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()


def _sentence(errors: str, project: Project) -> str:
    """Return the last thing the tool said, without the places of this machine."""
    lines = [line for line in errors.splitlines() if line and not _LOG_LINE.match(line)]
    last = lines[-1] if lines else "Docker Compose refuses it and does not say why."
    return last.replace(f"{project.folder}/", "").replace(str(project.folder), ".")
