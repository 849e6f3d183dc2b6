"""Networks, volumes and images: what every engine does with them, the fake and the real one."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from moorage.engines.fake import FakeEngine
from moorage.engines.port import ImageMissing, SubnetTaken, VolumeMount
from moorage.kit.errors import Conflict, Unavailable
from tests.make.registry import open_registry, publish

from .conftest import Bench, chunks, rootfs, tar_of

pytestmark = pytest.mark.anyio


async def ignore(_line: str) -> None:
    """Take a line of progress."""


def some_subnet() -> str:
    """Return a small subnet that is hardly in use."""
    return f"10.{random.randint(224, 254)}.{random.randint(0, 255)}.16/28"


@contextmanager
def registry_of(bench: Bench, folder: Path) -> Iterator[str]:
    """Run a registry with the image of the bench in it; yield its address."""
    if isinstance(bench.engine, FakeEngine):
        bench.engine.registry.add("registry.test/busybox:1")
        yield "registry.test"
        return
    with open_registry(folder) as address:
        publish(bench.image, f"{address}/busybox:1")
        yield address


async def test_a_network_is_made_once_and_keeps_its_subnet(bench: Bench) -> None:
    subnet = some_subnet()
    name = bench.name("net")

    first = await bench.engine.ensure_network(name, labels=bench.labels, subnet=subnet)
    second = await bench.engine.ensure_network(name, labels=bench.labels, subnet=subnet)

    [network] = await bench.engine.find_networks(bench.labels)
    assert first == second == network.id
    assert (network.name, network.subnet) == (name, subnet)


@pytest.mark.parametrize("own_subnet", [False, True])
async def test_five_workers_that_want_the_same_network_leave_one(
    bench: Bench, own_subnet: bool
) -> None:
    name = bench.name("net")
    subnet = some_subnet() if own_subnet else None

    ids = await asyncio.gather(
        *(bench.engine.ensure_network(name, labels=bench.labels, subnet=subnet) for _ in range(5))
    )

    [network] = await bench.engine.find_networks(bench.labels)
    assert set(ids) == {network.id}


async def test_a_network_name_that_somebody_else_has_is_a_conflict(bench: Bench) -> None:
    name = bench.name("net")
    await bench.engine.ensure_network(name, labels=bench.labels, subnet=some_subnet())

    with pytest.raises(Conflict):
        await bench.engine.ensure_network(
            name, labels={**bench.labels, "moorage.owner": "2"}, subnet=some_subnet()
        )


async def test_two_networks_cannot_share_addresses(bench: Bench) -> None:
    subnet = some_subnet()
    await bench.engine.ensure_network(bench.name("one"), labels=bench.labels, subnet=subnet)

    with pytest.raises(SubnetTaken):
        await bench.engine.ensure_network(bench.name("two"), labels=bench.labels, subnet=subnet)


async def test_a_network_stays_while_a_running_container_uses_it(bench: Bench) -> None:
    name = bench.name("net")
    await bench.engine.ensure_network(name, labels=bench.labels, subnet=some_subnet())
    container = await bench.run(replace(bench.spec(), network=name, aliases=("db",)))

    assert not await bench.engine.remove_network(name)

    await bench.engine.remove_container(container)
    assert await bench.engine.remove_network(name)
    assert await bench.engine.find_networks(bench.labels) == []


async def test_a_volume_is_made_with_its_container_and_outlives_it(bench: Bench) -> None:
    mount = VolumeMount(bench.name("data"), "/drop", labels=bench.labels)
    container = await bench.run(replace(bench.spec(), mounts=(mount,)))

    with pytest.raises(Conflict):
        await bench.engine.remove_volume(mount.volume)

    await bench.engine.remove_container(container)
    [volume] = await bench.engine.find_volumes(bench.labels)
    assert volume.name == mount.volume
    assert bench.labels.items() <= volume.labels.items()
    await bench.engine.remove_volume(mount.volume)
    assert await bench.engine.find_volumes(bench.labels) == []


async def test_a_volume_that_is_there_keeps_its_labels(bench: Bench) -> None:
    name = bench.name("data")
    await bench.engine.ensure_volume(name, labels=bench.labels)

    await bench.engine.ensure_volume(name, labels={**bench.labels, "moorage.owner": "2"})

    [volume] = await bench.engine.find_volumes(bench.labels)
    assert volume.labels == bench.labels


async def test_an_image_is_found_by_reference(bench: Bench) -> None:
    image = await bench.engine.find_image(bench.image)

    assert image is not None
    assert image.tags == (bench.image,)
    assert image.labels == {"moorage.base": "busybox"}
    assert await bench.engine.find_image("moorage-test/none:1") is None


async def test_an_imported_image_has_the_labels_of_its_changes(bench: Bench) -> None:
    ref = f"moorage-test/{bench.name('import')}:7"
    test = bench.labels["moorage.test"]

    await bench.engine.import_image(
        ref, chunks(rootfs()), changes=[f"LABEL moorage.test={test}", 'CMD ["/bin/sh"]']
    )

    [image] = await bench.engine.list_images(bench.labels)
    assert image.tags == (ref,)


async def test_an_image_tells_which_volumes_it_wants(bench: Bench) -> None:
    ref = f"moorage-test/{bench.name('volumes')}:7"
    test = bench.labels["moorage.test"]
    changes = [f"LABEL moorage.test={test}", "VOLUME /data /srv/files"]

    await bench.engine.import_image(ref, chunks(rootfs()), changes=changes)

    image, plain = await bench.engine.find_image(ref), await bench.engine.find_image(bench.image)
    assert image is not None
    assert {*image.volumes} == {"/data", "/srv/files"}
    assert plain is not None
    assert plain.volumes == ()


async def test_an_image_whose_content_does_not_come_is_not_made(bench: Bench) -> None:
    ref = f"moorage-test/{bench.name('import')}:7"

    async def broken() -> AsyncIterator[bytes]:
        yield rootfs()[:10_000]
        raise Unavailable("The mirror went away.")

    with pytest.raises(Unavailable, match="The mirror went away"):
        await bench.engine.import_image(ref, broken())

    assert await bench.engine.find_image(ref) is None


async def test_a_built_image_has_its_labels_and_tells_of_its_making(bench: Bench) -> None:
    ref = f"moorage-test/{bench.name('build')}:1"
    dockerfile = f"FROM {bench.image}\nARG WORD\nRUN echo hear $WORD > /drop/word\n"
    said: list[str] = []

    async def say(line: str) -> None:
        said.append(line)

    await bench.engine.build_image(
        ref,
        tar_of("Dockerfile", dockerfile.encode()),
        labels=bench.labels,
        args={"WORD": "me"},
        say=say,
    )

    [image] = await bench.engine.list_images(bench.labels)
    assert image.tags == (ref,)
    assert said


async def test_an_image_in_use_stays(bench: Bench) -> None:
    ref = f"moorage-test/{bench.name('import')}:7"
    test = bench.labels["moorage.test"]
    await bench.engine.import_image(ref, chunks(rootfs()), changes=[f"LABEL moorage.test={test}"])
    container = await bench.engine.create_container(replace(bench.spec(), image=ref))

    with pytest.raises(Conflict):
        await bench.engine.remove_image(ref)

    await bench.engine.remove_container(container)
    await bench.engine.remove_image(ref)
    assert await bench.engine.find_image(ref) is None


async def test_a_registry_says_whether_it_has_an_image(bench: Bench, tmp_path: Path) -> None:
    with registry_of(bench, tmp_path) as address:
        await bench.engine.ask_registry(f"{address}/busybox:1", timeout_s=10)

        with pytest.raises(ImageMissing):
            await bench.engine.ask_registry(f"{address}/none:1", timeout_s=10)


async def test_a_registry_that_does_not_say_it_in_time_may_have_the_image(
    bench: Bench, tmp_path: Path
) -> None:
    with registry_of(bench, tmp_path) as address:
        await bench.engine.ask_registry(f"{address}/busybox:1", timeout_s=0)


async def test_an_image_that_no_registry_has_is_not_pulled(bench: Bench) -> None:
    with pytest.raises((ImageMissing, Unavailable)):
        await bench.engine.ask_registry("localhost:1/moorage-test/none:1", timeout_s=5)
    with pytest.raises((ImageMissing, Unavailable)):
        await bench.engine.pull_image(
            "localhost:1/moorage-test/none:1", say=ignore, connect_timeout_s=5
        )
