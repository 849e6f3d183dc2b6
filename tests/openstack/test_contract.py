"""What every cloud does: the fake, the library against services over HTTP, and a real one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest
import requests_mock

from moorage.kit.errors import Conflict, Invalid, NotFound
from moorage.openstack.access import Access
from moorage.openstack.fake import NO_HOST
from moorage.openstack.port import (
    OWNER_KEY,
    VM_KEY,
    Cloud,
    Flavor,
    Image,
    Kind,
    Network,
    OverQuota,
    Server,
    ServerSpec,
    is_no_room,
)
from moorage.openstack.sdk import SdkCloud
from tests.make.cloud import make_cloud
from tests.openstack.services import ACCESS, Services

pytestmark = pytest.mark.anyio

INSTANCES = 2
NOBODY = "8d3c1c7e-0000-4000-8000-000000000000"
ODD_NAMES = (
    "nope",
    NOBODY,
    "detail",
    "a/b",
    "../x",
    "a[b(",
    ".*",
    "in:cirros",
    "debian:13",
    "é",
    "\U0001f600",
    "\0",
    "x" * 999,
)
_WITHIN_S = 60


@dataclass(frozen=True)
class Bench:
    """A cloud to try, in which there may be two servers."""

    cloud: Cloud

    async def one(self, kind: type[Kind], name: str) -> Kind:
        """Return what has that name."""
        [found] = await self.cloud.matching(kind, name)
        return found

    async def spec(self, name: str = "web-1", *, flavor: str = "m1.tiny") -> ServerSpec:
        """Return a server that can be made."""
        return ServerSpec(
            name=name,
            image=(await self.one(Image, "cirros")).id,
            flavor=(await self.one(Flavor, flavor)).id,
            network=(await self.one(Network, "private")).id,
            metadata={VM_KEY: "vm_1", OWNER_KEY: "usr_1"},
        )

    async def make(self, name: str = "web-1") -> str:
        """Return the id of a server that runs."""
        server_id = await self.cloud.create(await self.spec(name))
        await self.until(server_id, "ACTIVE")
        return server_id

    async def until(self, server_id: str, status: str) -> Server:
        """Return the server once it is so."""
        return await self._until(
            server_id, lambda server: server.status == status and server.task is None
        )

    async def until_gone(self, server_id: str) -> None:
        """Return when it is gone."""
        with pytest.raises(NotFound):
            await self._until(server_id, lambda server: False)

    async def _until(self, server_id: str, is_so: Callable[[Server], bool]) -> Server:
        async with asyncio.timeout(_WITHIN_S):
            while not is_so(server := await self.cloud.get(server_id)):
                await asyncio.sleep(0.1 if isinstance(self.cloud, SdkCloud) else 0)
        return server


CLOUDS = ("fake", "library", pytest.param("real", marks=pytest.mark.openstack))


@pytest.fixture(params=CLOUDS)
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    """Give each cloud in its turn, to look at."""
    async with opened(request, "cloud_env") as bench:
        yield bench


@pytest.fixture(params=CLOUDS)
async def own_bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    """Give each cloud in its turn, without a server, to make some."""
    async with opened(request, "new_cloud_project") as bench:
        yield bench


@asynccontextmanager
async def opened(request: pytest.FixtureRequest, project: str) -> AsyncIterator[Bench]:
    """Open a cloud; a real one in the project of that fixture."""
    if request.param == "fake":
        yield Bench(make_cloud(instances=INSTANCES))
        return
    with ExitStack() as stack:
        access = ACCESS
        if request.param == "library":
            mocker = stack.enter_context(requests_mock.Mocker())
            Services(mocker, make_cloud(instances=INSTANCES))
        else:
            given = request.getfixturevalue(project)
            variables: dict[str, str] = given if isinstance(given, dict) else given(INSTANCES)
            access = Access(**{name.lower(): value for name, value in variables.items()})
        cloud = SdkCloud(access)
        yield Bench(cloud)
        await cloud.close()


@pytest.mark.parametrize("kind", [Flavor, Network])
async def test_pages_follow_each_other_and_miss_nothing(bench: Bench, kind: type[Kind]) -> None:
    everything = await bench.cloud.page(kind)

    paged = [await bench.cloud.page(kind, limit=1)]
    while paged[-1]:
        paged.append(await bench.cloud.page(kind, limit=1, marker=paged[-1][-1].id))

    assert len(everything) >= 2
    assert [one for page in paged for one in page] == everything


@pytest.mark.parametrize("kind", [Image, Flavor, Network, Server])
async def test_a_page_after_nothing_that_is_there_is_refused(
    bench: Bench, kind: type[Kind]
) -> None:
    with pytest.raises(Invalid, match="The marker 'nothing' is the id of nothing here") as refused:
        await bench.cloud.page(kind, marker="nothing")

    assert list(refused.value.fields) == ["marker"]


@pytest.mark.parametrize(
    ("kind", "name"), [(Image, "cirros"), (Flavor, "m1.tiny"), (Network, "private")]
)
async def test_a_thing_is_found_by_its_name_and_by_its_id(
    bench: Bench, kind: type[Kind], name: str
) -> None:
    [by_name] = await bench.cloud.matching(kind, name)

    [by_id] = await bench.cloud.matching(kind, by_name.id)

    assert by_id == by_name
    assert by_name.name == name


@pytest.mark.parametrize("kind", [Image, Flavor, Network, Server])
async def test_nothing_has_an_odd_name(bench: Bench, kind: type[Kind]) -> None:
    for name in ODD_NAMES:
        assert await bench.cloud.matching(kind, name) == [], name


async def test_a_server_comes_to_run_and_is_found_by_a_name_with_odd_characters(
    own_bench: Bench,
) -> None:
    spec = await own_bench.spec("a[1] (b).*/c?d=é")

    server_id = await own_bench.cloud.create(spec)
    server = await own_bench.until(server_id, "ACTIVE")

    assert (server.name, server.fault) == (spec.name, None)
    assert (server.vm_id, server.owner_id) == ("vm_1", "usr_1")
    assert server.image == {"id": spec.image}
    assert (server.flavor["name"], server.flavor["vcpus"]) == ("m1.tiny", 1)
    assert [one["version"] for one in server.addresses["private"]] == [4]
    assert await own_bench.cloud.matching(Server, spec.name) == [server]
    assert await own_bench.cloud.page(Server) == [server]


async def test_a_server_is_stopped_started_and_rebooted(own_bench: Bench) -> None:
    server_id = await own_bench.make()

    await own_bench.cloud.act(server_id, "stop")
    await own_bench.until(server_id, "SHUTOFF")
    with pytest.raises(Conflict):
        await own_bench.cloud.act(server_id, "stop")
    await own_bench.cloud.act(server_id, "start")
    await own_bench.until(server_id, "ACTIVE")
    await own_bench.cloud.act(server_id, "reboot")
    await own_bench.until(server_id, "ACTIVE")


async def test_a_server_that_was_deleted_is_gone(own_bench: Bench) -> None:
    server_id = await own_bench.make()

    await own_bench.cloud.delete(server_id)
    await own_bench.until_gone(server_id)

    with pytest.raises(NotFound):
        await own_bench.cloud.delete(server_id)
    assert await own_bench.cloud.matching(Server, server_id) == []


async def test_a_page_follows_a_server_that_was_deleted(own_bench: Bench) -> None:
    older, newer = [await own_bench.make(name) for name in ("web-1", "web-2")]

    await own_bench.cloud.delete(newer)
    await own_bench.until_gone(newer)

    assert [one.id for one in await own_bench.cloud.page(Server, marker=newer)] == [older]


@pytest.mark.parametrize("server_id", [NOBODY, "vm_1"])
async def test_nothing_can_be_done_with_a_server_that_is_not_there(
    own_bench: Bench, server_id: str
) -> None:
    with pytest.raises(NotFound):
        await own_bench.cloud.get(server_id)
    with pytest.raises(NotFound):
        await own_bench.cloud.delete(server_id)
    with pytest.raises(NotFound):
        await own_bench.cloud.act(server_id, "start")


async def test_a_server_of_an_unknown_image_is_refused(own_bench: Bench) -> None:
    spec = await own_bench.spec()

    with pytest.raises(Invalid):
        await own_bench.cloud.create(
            ServerSpec("web-1", NOBODY, spec.flavor, spec.network, spec.metadata)
        )


async def test_one_server_too_many_is_refused_with_the_reason(own_bench: Bench) -> None:
    for name in ("web-1", "web-2"):
        await own_bench.make(name)

    with pytest.raises(OverQuota, match="Quota exceeded for instances: Requested 1, but already"):
        await own_bench.cloud.create(await own_bench.spec("web-3"))

    limits = await own_bench.cloud.limits()
    assert (limits["maxTotalInstances"], limits["totalInstancesUsed"]) == (INSTANCES, INSTANCES)


async def test_a_server_that_no_host_has_room_for_ends_in_error_and_says_so(
    own_bench: Bench,
) -> None:
    server_id = await own_bench.cloud.create(await own_bench.spec(flavor=NO_HOST))

    server = await own_bench.until(server_id, "ERROR")

    assert server.fault is not None
    assert is_no_room(server.fault)
