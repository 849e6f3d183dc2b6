"""Official images, fetched from a real registry on this machine."""

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
from tests.make.registry import open_registry, publish

pytestmark = [pytest.mark.anyio, pytest.mark.engine]


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    """The address of an empty registry."""
    with open_registry(tmp_path) as address:
        yield address


async def test_an_official_image_is_fetched_once_and_given_our_name(
    engine: Engine, registry: str, tiny: Recipe, said: Said
) -> None:
    await Images().prepare(engine, [tiny], say=said)
    official = Recipe(tiny.name, "2", registry=f"{registry}/tiny:2.0.1")
    publish(tiny.ref, str(official.registry))
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
    publish(f"{await prepare('mariadb')}-source", str(official.registry))

    await Images(mode="registry").prepare(engine, [official], say=said)
    server = await servers.start(MARIADB, official.ref, environment={MARIADB.password: "secret"})

    assert await server.answer("SELECT 1", user="root", password="secret") == [(1,)]
    await servers.remove_all()
    await engine.remove_image(official.ref)
    await engine.remove_image(str(official.registry))
