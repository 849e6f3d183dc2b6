"""Official images, fetched from a real registry on this machine."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from moorage.catalog import service as catalog
from moorage.engines.port import Engine
from moorage.images.recipe import Recipe
from moorage.images.service import Images
from moorage.kit.errors import Failed
from tests.images.conftest import Prepare, Said
from tests.images.servers import MARIADB, Servers
from tests.make.ports import free_port

pytestmark = [pytest.mark.anyio, pytest.mark.engine]

CONFIGURATION = """\
version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {folder}}}}}
http: {{addr: "{address}"}}
"""


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    """The address of an empty registry."""
    program = shutil.which("docker-registry")
    assert program, "install the Debian package docker-registry"
    port = free_port()
    address = f"127.0.0.1:{port}"
    file = tmp_path / "registry.yml"
    file.write_text(CONFIGURATION.format(folder=tmp_path / "registry", address=address))
    with (tmp_path / "registry.log").open("wb") as log:
        process = subprocess.Popen([program, "serve", str(file)], stdout=log, stderr=log)
    try:
        _wait_for(port)
        yield address
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, "the registry does not answer"
            time.sleep(0.02)
        else:
            return


def _publish(image: str, official: str) -> None:
    """Put an image into the registry, and take that name off the engine again."""
    for command in (["tag", image, official], ["push", "-q", official], ["rmi", official]):
        subprocess.run(["docker", *command], check=True, capture_output=True)


async def test_an_official_image_is_fetched_once_and_given_our_name(
    engine: Engine, registry: str, tiny: Recipe, said: Said
) -> None:
    await Images().prepare(engine, [tiny], say=said)
    official = Recipe(tiny.name, "2", registry=f"{registry}/tiny:2.0.1")
    _publish(tiny.ref, str(official.registry))
    images = Images(mode="registry")

    assert await images.prepare(engine, [official, tiny], say=said) == official
    assert await images.prepare(engine, [official, tiny], say=said) == official

    assert len(said.beginning("Fetching")) == 1
    assert await engine.find_image(official.ref)
    await engine.remove_image(str(official.registry))


async def test_a_registry_without_the_image_is_told_from_one_that_is_away(
    engine: Engine, registry: str, name: str, said: Said
) -> None:
    images = Images(mode="auto")
    for version in ("1", "2"):
        official = Recipe(name, version, registry=f"{registry}/none:{version}")
        with pytest.raises(Failed, match="No image could be had"):
            await images.prepare(engine, [official], say=said)

    assert len(said.beginning("Fetching")) == 2


async def test_an_official_server_gets_the_same_fast_start(
    engine: Engine, registry: str, name: str, prepare: Prepare, servers: Servers, said: Said
) -> None:
    blueprint = catalog.load().get("mariadb")
    assert blueprint.overlay
    official = Recipe(
        name, "11", registry=f"{registry}/m:11.8.3", overlay=blueprint.folder / blueprint.overlay
    )
    _publish(f"{await prepare('mariadb')}-source", str(official.registry))

    await Images(mode="registry").prepare(engine, [official], say=said)
    server = await servers.start(MARIADB, official.ref, environment={MARIADB.password: "secret"})

    assert await server.answer("SELECT 1", user="root", password="secret") == [(1,)]
    await servers.remove_all()
    await engine.remove_image(official.ref)
    await engine.remove_image(str(official.registry))
