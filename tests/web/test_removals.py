"""`DELETE /resource/{id}`: gone for good, or it says why not and can be repeated."""

import asyncio
from dataclasses import replace

import pytest

from moorage.kit.errors import Conflict, Failed
from tests.make.world import Person, World

pytestmark = pytest.mark.anyio

REDIS = {"resource_name": "redis", "name": "cache"}


async def test_a_removed_resource_is_gone_with_all_it_held(world: World, anna: Person) -> None:
    await anna.http.post("/resource_list", json=REDIS)

    answer = await anna.http.delete("/resource/1")

    assert (answer.status_code, answer.json()) == (200, {"id": 1, "deleted": True})
    assert await world.made() == []
    assert (await anna.http.get("/resource_list")).json() == {"data": []}
    assert (await anna.http.get("/resource/1")).status_code == 404


async def test_removing_it_again_is_not_found(anna: Person) -> None:
    await anna.http.post("/resource_list", json=REDIS)
    await anna.http.delete("/resource/1")

    answer = await anna.http.delete("/resource/1")

    assert (answer.status_code, answer.json()) == (404, {"message": "the item was not found"})


async def test_the_network_stays_until_the_owners_last_resource_is_gone(
    world: World, anna: Person
) -> None:
    bob = await world.person("bob")
    for person in (anna, anna, bob):
        await person.http.post("/resource_list", json={"resource_name": "redis"})

    networks = []
    for person, number in ((anna, 1), (anna, 2), (bob, 3)):
        await person.http.delete(f"/resource/{number}")
        networks.append(len(world.engine.networks))

    assert networks == [2, 1, 0]


async def test_data_that_are_kept_are_named(world: World, anna: Person) -> None:
    await anna.http.post("/resource_list", json=REDIS)

    answer = await anna.http.delete("/resource/1?keep_data=true")

    [volume] = world.engine.volumes
    assert answer.json() == {"id": 1, "deleted": True, "volume": volume}
    assert await world.made() == [volume]


async def test_a_keep_data_that_is_neither_yes_nor_no_is_refused(anna: Person) -> None:
    await anna.http.post("/resource_list", json=REDIS)

    answer = await anna.http.delete("/resource/1?keep_data=perhaps")

    assert answer.status_code == 400
    assert (await anna.http.get("/resource/1")).json()["is_running"] is True


async def test_a_protected_resource_stays_until_the_protection_is_lifted(anna: Person) -> None:
    await anna.http.post("/resource_list", json=REDIS)
    await anna.http.patch("/resource/1", json={"deletion_protection": True})

    refused = await anna.http.delete("/resource/1")
    await anna.http.patch("/resource/1", json={"deletion_protection": False})
    removed = await anna.http.delete("/resource/1")

    assert refused.status_code == 409
    assert 'PATCH it with {"deletion_protection": false}' in refused.json()["message"]
    assert removed.status_code == 200


async def test_an_engine_that_is_down_changes_nothing_and_the_removal_can_be_repeated(
    world: World, anna: Person
) -> None:
    await anna.http.post("/resource_list", json=REDIS)

    world.engine.down = True
    refused = await anna.http.delete("/resource/1")
    world.engine.down = False
    shown = (await anna.http.get("/resource/1")).json()
    removed = await anna.http.delete("/resource/1")

    assert (refused.status_code, refused.json()) == (
        503,
        {"message": "The engine does not answer."},
    )
    assert (shown["status"], shown["is_running"]) == ("running", True)
    assert removed.json() == {"id": 1, "deleted": True}


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("remove_container", Failed("The engine is on fire.")),
        ("remove_volume", Conflict("A container uses the volume.")),
    ],
)
async def test_a_removal_that_fails_says_so_and_can_be_repeated(
    world: World, anna: Person, call: str, error: Conflict | Failed
) -> None:
    await anna.http.post("/resource_list", json=REDIS)
    world.engine.fail_next(call, error)

    refused = await anna.http.delete("/resource/1")
    [listed] = (await anna.http.get("/resource_list")).json()["data"]
    shown = (await anna.http.get("/resource/1")).json()
    removed = await anna.http.delete("/resource/1")

    assert (refused.status_code, refused.json()) == (503, {"message": error.message})
    assert (listed["id"], listed["status"]) == (1, "degraded")
    assert shown["message"] == error.message
    assert removed.status_code == 200
    assert await world.made() == []


async def test_a_failed_order_can_be_removed_although_its_name_was_taken_since(
    world: World, anna: Person
) -> None:
    world.engine.fail_next("start_container", Failed("The engine is on fire."))
    await anna.http.post("/resource_list", json=REDIS)
    await anna.http.post("/resource_list", json=REDIS)

    removed = await anna.http.delete("/resource/1")

    assert (removed.status_code, removed.json()) == (200, {"id": 1, "deleted": True})
    assert (await anna.http.get("/resource/2")).json()["is_running"] is True


async def test_a_resource_can_be_removed_while_it_is_being_made(world: World, anna: Person) -> None:
    world.gate.close("before start_container")
    order = asyncio.create_task(anna.http.post("/resource_list", json=REDIS))
    await world.gate.reached.wait()

    removal = asyncio.create_task(anna.http.delete("/resource/1"))
    await anna.http.get("/resource_list")
    world.gate.open()

    assert (await removal).json() == {"id": 1, "deleted": True}
    assert (await order).status_code in (201, 404, 409)
    assert await world.made() == []


async def test_two_removals_at_once_are_one(world: World, anna: Person) -> None:
    await anna.http.post("/resource_list", json=REDIS)

    answers = await asyncio.gather(*(anna.http.delete("/resource/1") for _ in range(4)))

    assert {answer.status_code for answer in answers} <= {200, 404}
    assert 200 in {answer.status_code for answer in answers}
    assert await world.made() == []


async def test_who_removes_what_never_gets_ready_does_not_wait_until_it_gives_up(
    world: World, anna: Person
) -> None:
    world.gate.close("before start_container")
    order = asyncio.create_task(anna.http.post("/resource_list", json=REDIS))
    await world.gate.reached.wait()
    [container] = world.engine.containers.values()
    container.spec = replace(container.spec, environment={})  # nobody can log in
    world.gate.open()

    async with asyncio.timeout(20):  # it gives up after 60 s
        removed = await anna.http.delete("/resource/1")
        refused = await order

    assert removed.json() == {"id": 1, "deleted": True}
    assert refused.status_code == 409
    assert "cancelled" in refused.json()["message"]
    assert await world.made() == []
