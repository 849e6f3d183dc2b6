"""`/v1/servers`: how the servers are, also when an engine does not answer."""

import asyncio

import pytest

from moorage.kit.clock import now
from tests.make.world import Person, World

pytestmark = pytest.mark.anyio


async def test_an_admin_sees_what_a_server_is_and_what_it_has(anna: Person, admin: Person) -> None:
    await anna.http.post("/resource_list", json={"resource_name": "redis"})

    [server] = (await admin.http.get("/v1/servers")).json()["items"]

    assert server["id"].startswith("srv_")
    assert server["created_at"] <= now().isoformat()
    del server["id"], server["created_at"]
    assert server == {
        "name": "local",
        "status": "up",
        "address": "127.0.0.1",
        "engine": {"version": "fake", "operating_system": "none", "cpus": 4, "memory_mib": 16384},
        "instances": 1,
        "leftovers": [],
    }


async def test_a_user_sees_which_servers_there_are_and_no_figures(anna: Person) -> None:
    [server] = (await anna.http.get("/v1/servers")).json()["items"]

    assert (server["name"], server["status"]) == ("local", "up")
    assert (server["engine"], server["instances"], server["leftovers"]) == (None, None, None)


async def test_a_server_is_found_by_its_id_and_by_its_name(admin: Person) -> None:
    [server] = (await admin.http.get("/v1/servers")).json()["items"]

    by_id = await admin.http.get(f"/v1/servers/{server['id']}")
    by_name = await admin.http.get("/v1/servers/local")

    assert by_id.json() == by_name.json() == server


async def test_a_server_whose_engine_is_gone_is_down_and_keeps_its_last_figures(
    world: World, admin: Person
) -> None:
    await admin.http.get("/v1/servers")
    world.engine.down = True

    server = (await admin.http.get("/v1/servers/local")).json()

    assert server["status"] == "down"
    assert server["engine"]["cpus"] == 4


async def test_the_figures_of_a_server_are_those_of_now(world: World, admin: Person) -> None:
    await admin.http.get("/v1/servers")
    world.engine.version = "29.0.0"

    server = (await admin.http.get("/v1/servers/local")).json()

    assert server["engine"]["version"] == "29.0.0"


async def test_a_server_that_never_answered_has_no_figures(world: World, admin: Person) -> None:
    world.engine.down = True

    server = (await admin.http.get("/v1/servers/local")).json()

    assert (server["status"], server["engine"]) == ("down", None)


async def test_nobody_waits_for_an_engine_that_hangs(world: World, admin: Person) -> None:
    world.gate.close("before ping")

    async with asyncio.timeout(5):
        answer = await admin.http.get("/v1/servers/local")

    assert (answer.status_code, answer.json()["status"]) == (200, "unknown")


async def test_an_unknown_server_is_not_found(admin: Person) -> None:
    answer = await admin.http.get("/v1/servers/srv_none")

    assert answer.status_code == 404
    assert answer.json()["detail"] == "There is no server 'srv_none'."
