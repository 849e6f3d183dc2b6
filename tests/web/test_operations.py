"""`/v1/operations`: where the Location of an order leads."""

import pytest

from moorage.kit.errors import Invalid
from tests.make.world import Person, World

pytestmark = pytest.mark.anyio

REDIS = {"resource_name": "redis"}


async def test_the_location_of_an_order_tells_its_steps(anna: Person) -> None:
    made = await anna.http.post("/resource_list", json=REDIS)

    answer = await anna.http.get(made.headers["Location"])

    operation = answer.json()
    assert answer.status_code == 200
    assert (operation["kind"], operation["status"]) == ("instance.create", "succeeded")
    assert [step["name"] for step in operation["steps"]] == ["Image", "Container", "Login"]
    assert all(step["ended_at"] >= step["started_at"] for step in operation["steps"])
    assert operation["created_at"] <= operation["started_at"] <= operation["ended_at"]


async def test_a_failed_order_says_why_where_its_location_leads(world: World, anna: Person) -> None:
    world.engine.fail_next("start_container", Invalid("There is no such user."))
    made = await anna.http.post("/resource_list?wait=0", json=REDIS)
    await world.settled()

    operation = (await anna.http.get(made.headers["Location"])).json()

    assert (operation["status"], operation["error"]) == ("failed", "There is no such user.")
    assert operation["steps"][-1]["status"] == "failed"


async def test_an_admin_sees_the_operations_of_others(anna: Person, admin: Person) -> None:
    made = await anna.http.post("/resource_list", json=REDIS)

    answer = await admin.http.get(made.headers["Location"])

    assert answer.status_code == 200


async def test_an_unknown_operation_is_a_problem_as_of_rfc_9457(anna: Person) -> None:
    answer = await anna.http.get("/v1/operations/op_none")

    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "/docs/problems/not-found",
        "title": "There is no such thing",
        "status": 404,
        "detail": "There is no operation 'op_none'.",
        "request_id": answer.headers["X-Request-Id"],
    }


async def test_an_unknown_path_below_v1_is_a_problem_too(anna: Person) -> None:
    answer = await anna.http.get("/v1/nothing")

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
