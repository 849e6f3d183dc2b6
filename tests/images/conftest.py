"""A real engine, and what tests of images make on it."""

import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from moorage.catalog import service as catalog
from moorage.engines.docker import DockerEngine
from moorage.engines.port import Engine
from moorage.images.recipe import IMAGE_LABEL, Recipe
from moorage.images.service import Images
from moorage.instances.recipes import recipes
from tests.images.servers import Servers

DOCKER_HOST = os.environ.get("MOORAGE_DOCKER_HOST", "unix:///var/run/docker.sock")

Prepare = Callable[[str], Awaitable[str]]


class Said(list[str]):
    """The lines of progress that were said."""

    async def __call__(self, line: str) -> None:
        """Take a line."""
        self.append(line)

    def beginning(self, words: str) -> list[str]:
        """Return the lines that begin with these words."""
        return [line for line in self if line.startswith(words)]


@pytest.fixture
def said() -> Said:
    """What was said in this test."""
    return Said()


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    """The engine of this machine."""
    engine = DockerEngine(DOCKER_HOST)
    yield engine
    await engine.close()


@pytest.fixture
async def name(engine: Engine) -> AsyncIterator[str]:
    """A name for images of this test alone; they are removed afterwards."""
    name = f"test-{secrets.token_hex(4)}"
    yield name
    for image in await engine.list_images({IMAGE_LABEL: name}):
        for tag in image.tags:
            await engine.remove_image(tag)
    for nameless in await engine.list_images({IMAGE_LABEL: name}):
        await engine.remove_image(nameless.id)


@pytest.fixture
def prepare(engine: Engine, said: Said) -> Prepare:
    """Have the image of a shipped blueprint; return its name."""

    async def prepare(blueprint: str) -> str:
        wanted = recipes(catalog.load().get(blueprint))
        return (await Images(mode="build").prepare(engine, wanted, say=said)).ref

    return prepare


@pytest.fixture
async def servers(engine: Engine) -> AsyncIterator[Servers]:
    """Database servers of this test; they and their data are removed afterwards."""
    servers = Servers(engine)
    yield servers
    await servers.remove_all()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that builds an image of the base and one file."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "Dockerfile").write_text("ARG SOURCE\nFROM ${SOURCE}\nCOPY word /word\n")
    (folder / "word").write_text("hello\n")
    return folder


@pytest.fixture
def tiny(name: str, folder: Path) -> Recipe:
    """A recipe that takes a second once the base image is there."""
    return Recipe(name, "1", build=folder)
