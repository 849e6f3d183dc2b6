"""The service on a port of its own, and a shell in which somebody types `moor`."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import anyio.to_thread
import pytest
from typer.testing import CliRunner

from moorage.cli import app
from moorage.kit.errors import MoorageError
from tests.make.streams import listening
from tests.make.world import Person, World, open_world


@dataclass(frozen=True, slots=True)
class Told:
    """What a command printed, and the error it ended with. aside: on standard error."""

    text: str
    error: str | None
    aside: str = ""


@dataclass(frozen=True, slots=True)
class Shell:
    """Where somebody types commands."""

    url: str
    person: Person

    async def moor(self, *command: str, stdin: str = "") -> Told:
        """Run a command."""
        environment = {"COLUMNS": "200"}
        typed = [*command, "--url", self.url, "--token", self.person.token]
        result = await anyio.to_thread.run_sync(
            lambda: CliRunner().invoke(app, typed, input=stdin, env=environment)
        )
        if result.exception is None:
            return Told(result.stdout, None, result.stderr)
        assert isinstance(result.exception, MoorageError), result.output
        return Told(result.stdout, result.exception.message)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Run the service on a fake engine."""
    async with open_world(tmp_path, stop_grace_s=0) as opened:
        yield opened


@pytest.fixture
async def url(world: World) -> AsyncIterator[str]:
    """Serve it on a free port."""
    async with listening(world) as url:
        yield url


@pytest.fixture
async def admin(world: World, url: str) -> Shell:
    """Give the shell of an administrator."""
    return Shell(url, await world.person("admin", role="admin"))


@pytest.fixture
async def anna(world: World, url: str) -> Shell:
    """Give the shell of a user."""
    return Shell(url, await world.person("anna", password="correct horse"))
