"""The whole service on a real OpenStack: quotas in a race, services that are down."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from moorage.openstack.access import Access
from moorage.openstack.sdk import SdkCloud
from tests.make.cloud import ORDER
from tests.make.world import Person, open_world
from tests.openstack.conftest import CloudService, NewProject

pytestmark = [pytest.mark.anyio, pytest.mark.openstack]

DOOR = "/api/v1"
WAIT_S = 120


@asynccontextmanager
async def somebody(data_dir: Path, variables: dict[str, str]) -> AsyncIterator[Person]:
    """Run the service on a project, and give a user of it."""
    cloud = SdkCloud(Access(**{name.lower(): value for name, value in variables.items()}))
    async with open_world(data_dir, cloud=cloud) as world:
        person = await world.person("anna")
        person.http.timeout = WAIT_S
        yield person
        await world.settled()
    await cloud.close()


async def test_of_eight_orders_at_once_three_run_where_there_may_be_three(
    tmp_path: Path, new_cloud_project: NewProject
) -> None:
    async with somebody(tmp_path, new_cloud_project(3)) as anna:
        orders = [{**ORDER, "name": f"web-{number}"} for number in range(8)]

        answers = await asyncio.gather(
            *(anna.http.post(f"{DOOR}/server", json=order) for order in orders)
        )

        servers = (await anna.http.get(f"{DOOR}/server")).json()["servers"]
        assert sorted(answer.status_code for answer in answers) == [201] * 3 + [400] * 5
        assert [server["status"] for server in servers] == ["ACTIVE"] * 3
        assert {one.json()["message"] for one in answers if one.status_code == 400} == {
            "Quota exceeded for instances: Requested 1, but already used 3 of 3 instances"
        }
        for server in servers:
            gone = await anna.http.delete(f"{DOOR}/server/{server['id']}")
            assert (gone.status_code, gone.json()["success"]) == (200, True)


async def test_a_vm_that_no_host_has_room_for_leaves_nothing(
    tmp_path: Path, new_cloud_project: NewProject
) -> None:
    async with somebody(tmp_path, new_cloud_project(3)) as anna:
        answer = await anna.http.post(f"{DOOR}/server", json={**ORDER, "flavor_id": "m1.nohost"})

        assert answer.status_code == 400
        assert "No valid host was found" in answer.json()["message"]
        assert (await anna.http.get(f"{DOOR}/server")).json() == {"servers": []}


@pytest.mark.parametrize(
    ("service", "noun"), [("nova-api", "server"), ("glance", "image"), ("neutron", "network")]
)
async def test_a_service_that_is_down_is_a_bad_gateway_and_the_others_go_on(
    tmp_path: Path,
    cloud_env: dict[str, str],
    cloud_service: Callable[[str], CloudService],
    service: str,
    noun: str,
) -> None:
    async with somebody(tmp_path, cloud_env) as anna:
        other = "network" if noun == "image" else "image"
        stopped = cloud_service(service)
        await asyncio.to_thread(stopped.stop)

        down = await anna.http.get(f"{DOOR}/{noun}")
        goes_on = await anna.http.get(f"{DOOR}/{other}")

        await asyncio.to_thread(stopped.start)
        again = await anna.http.get(f"{DOOR}/{noun}")
        assert [one.status_code for one in (down, goes_on, again)] == [502, 200, 200]


async def test_without_keystone_nobody_new_gets_in(
    tmp_path: Path, cloud_env: dict[str, str], cloud_service: Callable[[str], CloudService]
) -> None:
    async with somebody(tmp_path, cloud_env) as anna:
        keystone = cloud_service("keystone")
        await asyncio.to_thread(keystone.stop)

        down = await anna.http.get(f"{DOOR}/image")

        await asyncio.to_thread(keystone.start)
        again = await anna.http.get(f"{DOOR}/image")
        assert [one.status_code for one in (down, again)] == [502, 200]


async def test_a_wrong_password_is_forbidden(tmp_path: Path, cloud_env: dict[str, str]) -> None:
    async with somebody(tmp_path, {**cloud_env, "PASSWORD": "wrong"}) as anna:
        answer = await anna.http.get(f"{DOOR}/server")

    assert answer.status_code == 403
    assert answer.json() == {"message": "Invalid keystone credentials provided"}
