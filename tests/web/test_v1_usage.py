"""`/v1/usage`: how much of what somebody may have is in use."""

from pathlib import Path

import pytest

from tests.make.instances import make_order
from tests.make.world import Person, World, open_world

pytestmark = pytest.mark.anyio


async def test_who_has_nothing_sees_its_limits(anna: Person) -> None:
    answer = await anna.http.get("/v1/usage")

    assert answer.json() == {
        "owner_id": anna.user.id,
        "owner": "anna",
        "instances": {"in_use": 0, "reserved": 0, "limit": 100},
        "memory_mib": {"in_use": 0, "reserved": 0, "limit": None},
        "blueprints": [],
    }


async def test_what_runs_is_in_use_and_what_is_being_made_is_reserved(
    world: World, anna: Person
) -> None:
    await anna.http.post("/resource_list", json={"resource_name": "redis", "memory_mib": 64})
    world.gate.close("before start_container")
    await make_order(world.tools, owner=anna.user, blueprint="redis")
    await make_order(world.tools, owner=anna.user, blueprint="valkey")

    usage = (await anna.http.get("/v1/usage")).json()

    assert usage["instances"] == {"in_use": 1, "reserved": 2, "limit": 100}
    assert usage["memory_mib"] == {"in_use": 64, "reserved": 512, "limit": None}
    assert usage["blueprints"] == [
        {"blueprint": "redis", "instances": 2, "memory_mib": 320},
        {"blueprint": "valkey", "instances": 1, "memory_mib": 256},
    ]


async def test_what_is_gone_or_failed_is_not_counted(world: World, anna: Person) -> None:
    await anna.http.post("/resource_list", json={"resource_name": "redis"})
    await anna.http.delete("/resource/1")
    world.engine.down = True
    await anna.http.post("/resource_list", json={"resource_name": "redis"})

    usage = (await anna.http.get("/v1/usage")).json()

    assert usage["instances"]["in_use"] == usage["instances"]["reserved"] == 0
    assert usage["blueprints"] == []


async def test_the_figures_are_those_that_an_order_is_refused_with(tmp_path: Path) -> None:
    async with open_world(tmp_path, quota_instances=1, quota_memory_mib=300) as world:
        anna = await world.person()
        await anna.http.post("/resource_list", json={"resource_name": "redis"})

        refused = (await anna.http.post("/resource_list", json={"resource_name": "redis"})).json()
        usage = (await anna.http.get("/v1/usage")).json()

        assert usage["instances"] == {name: refused[name] for name in usage["instances"]}
        assert usage["memory_mib"] == {"in_use": 256, "reserved": 0, "limit": 300}


async def test_an_admin_asks_for_anybody_by_id_or_name(anna: Person, admin: Person) -> None:
    by_id = await admin.http.get("/v1/usage", params={"owner": anna.user.id})
    by_name = await admin.http.get("/v1/usage?owner=anna")
    own = await admin.http.get("/v1/usage")

    assert by_id.json()["owner_id"] == by_name.json()["owner_id"] == anna.user.id
    assert own.json()["owner"] == "admin"


async def test_a_user_asks_only_for_itself(anna: Person, admin: Person) -> None:
    own = await anna.http.get("/v1/usage?owner=anna")
    others = await anna.http.get("/v1/usage", params={"owner": admin.user.id})
    by_name = await anna.http.get("/v1/usage?owner=admin")
    nobodys = await anna.http.get("/v1/usage?owner=nobody")

    assert own.json()["owner"] == "anna"
    assert [answer.status_code for answer in (others, by_name, nobodys)] == [404, 404, 404]
