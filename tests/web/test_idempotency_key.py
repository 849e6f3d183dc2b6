"""`Idempotency-Key`: the same order twice makes one instance."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import update

from moorage.idempotency.models import RememberedRequest
from moorage.idempotency.service import fingerprint
from moorage.identity.models import User
from moorage.instances.models import Instance
from moorage.kit.clock import now
from moorage.kit.errors import Failed
from tests.make.world import Person, World

pytestmark = pytest.mark.anyio

REDIS = {"resource_name": "redis"}
KEY = {"Idempotency-Key": "order-1"}


async def test_the_same_order_has_the_same_answer_and_makes_one_instance(
    world: World, anna: Person
) -> None:
    first = await anna.http.post("/resource_list", json=REDIS, headers=KEY)
    second = await anna.http.post("/resource_list", json=REDIS, headers=KEY)

    assert (second.status_code, second.json()) == (first.status_code, first.json())
    assert second.headers["Location"] == first.headers["Location"]
    assert len(world.engine.containers) == 1


async def test_the_order_of_its_fields_does_not_make_it_another_one(
    world: World, anna: Person
) -> None:
    await anna.http.post("/resource_list", json={"name": "cache"} | REDIS, headers=KEY)
    second = await anna.http.post("/resource_list", json=REDIS | {"name": "cache"}, headers=KEY)

    assert second.status_code == 201
    assert len(world.engine.containers) == 1


async def test_another_order_with_the_same_key_is_refused(world: World, anna: Person) -> None:
    await anna.http.post("/resource_list", json=REDIS, headers=KEY)

    answer = await anna.http.post("/resource_list", json=REDIS | {"name": "other"}, headers=KEY)

    assert answer.status_code == 422
    assert "another request" in answer.json()["message"]
    assert len(world.engine.containers) == 1


async def test_an_order_that_is_still_running_is_a_conflict(world: World, anna: Person) -> None:
    world.gate.close("before start_container")
    first = asyncio.create_task(anna.http.post("/resource_list", json=REDIS, headers=KEY))
    await world.gate.reached.wait()

    second = await anna.http.post("/resource_list", json=REDIS, headers=KEY)

    assert second.status_code == 409
    assert "still running" in second.json()["message"]
    world.gate.open()
    assert (await first).status_code == 201
    third = await anna.http.post("/resource_list", json=REDIS, headers=KEY)
    assert third.json() == (await first).json()


async def test_of_many_at_once_one_makes_an_instance(world: World, anna: Person) -> None:
    orders = (anna.http.post("/resource_list", json=REDIS, headers=KEY) for _ in range(8))

    answers = await asyncio.gather(*orders)

    assert {answer.status_code for answer in answers} <= {201, 409}
    assert 201 in {answer.status_code for answer in answers}
    assert len(await world.rows(Instance)) == 1


async def test_of_many_at_once_none_is_told_of_a_quota_or_a_name_that_the_first_has_taken(
    world: World, anna: Person
) -> None:
    async with world.db.begin() as session:
        await session.execute(update(User).values(quota_instances=1))
    doors = (
        ("/resource_list", REDIS | {"name": "cache"}, 201),
        ("/v1/instances", {"blueprint": "redis", "name": "cache"}, 202),
    )

    for path, order, status in doors:
        headers = {"Idempotency-Key": path}
        tries = (anna.http.post(path, json=order, headers=headers) for _ in range(6))
        answers = await asyncio.gather(*tries)
        await world.settled()

        assert {answer.status_code for answer in answers} <= {status, 409}
        refused = [answer.text for answer in answers if answer.status_code == 409]
        assert all("still running" in text for text in refused)
        [made] = (await anna.http.get("/resource_list")).json()["data"]
        await anna.http.delete(f"/resource/{made['id']}")


async def test_a_key_belongs_to_its_user(world: World, anna: Person) -> None:
    bob = await world.person("bob")

    first = await anna.http.post("/resource_list", json=REDIS, headers=KEY)
    other = await bob.http.post("/resource_list", json=REDIS, headers=KEY)

    assert (first.status_code, other.status_code) == (201, 201)
    assert first.json()["id"] != other.json()["id"]


async def test_a_failed_order_can_be_tried_again_with_its_key(world: World, anna: Person) -> None:
    world.engine.fail_next("start_container", Failed("The engine is on fire."))

    first = await anna.http.post("/resource_list", json=REDIS, headers=KEY)
    second = await anna.http.post("/resource_list", json=REDIS, headers=KEY)

    assert (first.status_code, second.status_code) == (503, 201)


async def test_a_refused_order_does_not_use_its_key_up(world: World, anna: Person) -> None:
    world.engine.down = True
    first = await anna.http.post("/resource_list", json=REDIS, headers=KEY)
    world.engine.down = False

    second = await anna.http.post("/resource_list", json=REDIS | {"name": "new"}, headers=KEY)

    assert (first.status_code, second.status_code) == (503, 201)


async def test_a_key_that_is_none_is_refused(
    subtests: pytest.Subtests, world: World, anna: Person
) -> None:
    for key in ("", "two words", "x" * 256, "tab\there"):
        with subtests.test(key):
            answer = await anna.http.post(
                "/resource_list", json=REDIS, headers={"Idempotency-Key": key}
            )

            assert answer.status_code == 400
            assert answer.json()["errors"].keys() == {"Idempotency-Key"}
            assert await world.rows(Instance) == []


async def test_after_a_crash_the_key_answers_for_what_was_made(world: World, anna: Person) -> None:
    world.gate.close("before start_container")
    first = asyncio.create_task(anna.http.post("/resource_list", json=REDIS, headers=KEY))
    await world.gate.reached.wait()
    first.cancel()
    await asyncio.wait([first])
    async with world.db.begin() as session:
        long_ago = now() - timedelta(seconds=1)
        await session.execute(update(RememberedRequest).values(busy_until=long_ago))
    world.gate.open()

    answer = await anna.http.post("/resource_list", json=REDIS, headers=KEY)

    assert answer.status_code == 201
    assert (answer.json()["id"], answer.json()["status"]) == (1, "running")
    assert len(await world.rows(Instance)) == 1


async def test_the_kept_answer_is_sealed(world: World, anna: Person) -> None:
    answer = await anna.http.post("/resource_list", json=REDIS, headers=KEY)

    [row] = await world.rows(RememberedRequest)
    password = answer.json()["config"]["config"]["--requirepass"]
    assert password not in row.answer_sealed
    assert password in world.tools.sealer.open(row.answer_sealed)


async def test_a_request_that_died_is_answered_as_soon_as_its_order_is_done(
    world: World, anna: Person
) -> None:
    await anna.http.post("/resource_list", json=REDIS, headers=KEY)
    async with world.db.begin() as session:
        await session.execute(update(RememberedRequest).values(answer_sealed=None))

    again = await anna.http.post("/resource_list", json=REDIS, headers=KEY)

    assert (again.status_code, again.json()["id"]) == (201, 1)
    assert len(await world.rows(Instance)) == 1


async def test_what_is_remembered_of_a_request_does_not_give_its_password_away(
    world: World, anna: Person
) -> None:
    order = REDIS | {"config": {"--requirepass": "hunter2hunter2"}}
    await anna.http.post("/resource_list", json=order, headers=KEY)

    [row] = await world.rows(RememberedRequest)

    assert row.fingerprint != fingerprint("POST /resource_list", order)
    assert row.fingerprint == world.tools.sealer.mac(fingerprint("POST /resource_list", order))
