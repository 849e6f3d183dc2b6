"""`/v1/operations`: listed, stopped, tried again."""

import pytest

from moorage.audit.models import AuditEntry
from moorage.kit.errors import Invalid, Unavailable
from moorage.operations.models import Operation
from tests.make.v1 import order, running, shown
from tests.make.world import Person, World

pytestmark = pytest.mark.anyio

OPERATIONS = "/v1/operations"
NO_SUCH_USER = Invalid("There is no such user.")


async def failed(world: World, person: Person, **more: object) -> str:
    """Order something that fails at its container; return the operation's path."""
    world.engine.fail_next("start_container", NO_SUCH_USER)
    operation = await order(person, **more)
    await world.settled()
    return f"{OPERATIONS}/{operation['id']}"


async def held(world: World, person: Person, at: str) -> str:
    """Order something that goes no further than that; return the operation's path."""
    world.gate.close(at)
    operation = await order(person)
    await world.gate.reached.wait()
    return f"{OPERATIONS}/{operation['id']}"


async def test_an_operation_shows_how_it_stands_and_no_results_of_its_steps(
    world: World, anna: Person
) -> None:
    made = await anna.http.post("/v1/instances", json={"blueprint": "redis"})
    await world.settled()

    operation = (await anna.http.get(made.headers["Location"])).json()

    assert list(operation) == [
        "id", "kind", "subject", "status", "progress", "steps", "error", "cancellable",
        "created_at", "started_at", "ended_at", "request_id",
    ]  # fmt: skip
    assert (operation["progress"], operation["cancellable"]) == (100, False)
    assert operation["request_id"] == made.headers["X-Request-Id"]
    for step in operation["steps"]:
        assert list(step) == ["name", "status", "started_at", "ended_at", "detail"]


async def test_operations_are_listed_newest_first_in_pages(world: World, anna: Person) -> None:
    ordered = [(await order(anna))["id"] for _ in range(3)]

    first = (await anna.http.get(OPERATIONS, params={"limit": 2})).json()
    last = (await anna.http.get(OPERATIONS, params={"limit": 2, "cursor": first["next"]})).json()

    listed = [one["id"] for one in first["items"] + last["items"]]
    assert listed == ordered[::-1]
    assert last["next"] is None


async def test_a_list_can_be_narrowed(
    subtests: pytest.Subtests, world: World, anna: Person
) -> None:
    made = await running(world, anna)
    await anna.http.post(f"/v1/instances/{made['id']}/stop")
    await failed(world, anna)

    for query, kinds in (
        (f"subject={made['id']}", ["instance.stop", "instance.create"]),
        ("kind=instance.stop", ["instance.stop"]),
        ("status=failed", ["instance.create"]),
        (f"subject={made['id']}&status=failed", []),
    ):
        with subtests.test(query):
            page = (await anna.http.get(f"{OPERATIONS}?{query}")).json()
            assert [one["kind"] for one in page["items"]] == kinds


async def test_everybody_sees_its_own_and_an_admin_all(
    world: World, anna: Person, admin: Person
) -> None:
    mine = await order(anna)
    other = await order(await world.person("bob"))

    own = (await anna.http.get(OPERATIONS)).json()["items"]
    everybodys = (await admin.http.get(OPERATIONS)).json()["items"]

    assert [one["id"] for one in own] == [mine["id"]]
    assert [one["id"] for one in everybodys] == [other["id"], mine["id"]]


@pytest.mark.parametrize("query", ["status=done", "kind=A%00", "subject=%00", "owner=me"])
async def test_a_filter_that_makes_no_sense_is_refused_by_name(anna: Person, query: str) -> None:
    answer = await anna.http.get(f"{OPERATIONS}?{query}")

    assert answer.status_code == 400
    [fault] = answer.json()["errors"]
    assert fault["parameter"] == query.partition("=")[0]


async def test_a_cancelled_order_leaves_nothing_and_says_so(world: World, anna: Person) -> None:
    world.engine.fail_next("start_container", Unavailable("It would be tried again."))
    path = await held(world, anna, "before start_container")

    answer = await anna.http.post(f"{path}/cancel")
    world.gate.open()
    [operation] = await world.settled()

    assert answer.status_code == 202
    assert answer.headers["Location"] == path
    assert answer.json()["id"] == operation.id
    assert operation.status == "cancelled"
    assert await world.made() == []
    assert (await shown(anna, operation.subject))["status"] == "failed"
    assert "operation.cancel" in [entry.action for entry in await world.rows(AuditEntry)]


async def test_what_has_ended_cannot_be_cancelled(world: World, anna: Person) -> None:
    made = await running(world, anna)
    [operation] = await world.rows(Operation)

    answer = await anna.http.post(f"{OPERATIONS}/{operation.id}/cancel")

    assert answer.status_code == 409
    assert (await shown(anna, made["id"]))["status"] == "running"


async def test_a_removal_past_the_point_of_no_return_cannot_be_cancelled(
    world: World, anna: Person
) -> None:
    made = await running(world, anna)
    world.gate.close("before remove_volume")
    removal = (await anna.http.delete(f"/v1/instances/{made['id']}")).json()
    await world.gate.reached.wait()

    seen = (await anna.http.get(f"{OPERATIONS}/{removal['id']}")).json()
    answer = await anna.http.post(f"{OPERATIONS}/{removal['id']}/cancel")
    world.gate.open()
    await world.settled()

    assert (removal["cancellable"], seen["cancellable"]) == (True, False)
    assert answer.status_code == 409
    assert "too late" in answer.json()["detail"]
    assert await world.made() == []


async def test_a_failed_order_can_be_tried_again(world: World, anna: Person) -> None:
    path = await failed(world, anna, name="cache")
    before = (await anna.http.get(path)).json()

    answer = await anna.http.post(f"{path}/retry")
    await world.settled()

    after = (await anna.http.get(path)).json()
    assert before["error"] == "There is no such user."
    assert (answer.status_code, answer.headers["Location"]) == (202, path)
    assert answer.json()["status"] == "queued"
    assert (after["status"], after["error"]) == ("succeeded", None)
    assert (await shown(anna, after["subject"]))["name"] == "cache"
    assert (await shown(anna, after["subject"]))["status"] == "running"
    assert "operation.retry" in [entry.action for entry in await world.rows(AuditEntry)]


async def test_what_succeeded_cannot_be_tried_again(world: World, anna: Person) -> None:
    await running(world, anna)
    [operation] = await world.rows(Operation)

    answer = await anna.http.post(f"{OPERATIONS}/{operation.id}/retry")

    assert answer.status_code == 409
    assert [one.status for one in await world.settled()] == ["succeeded"]


async def test_a_failed_order_whose_name_is_taken_is_not_tried_again(
    world: World, anna: Person
) -> None:
    path = await failed(world, anna, name="cache")
    await running(world, anna, name="cache")

    answer = await anna.http.post(f"{path}/retry")

    assert answer.status_code == 409
    assert "'cache'" in answer.json()["detail"]
    assert (await anna.http.get(path)).json()["status"] == "failed"
