"""Orders that cannot come true: the reason is told, and nothing stays behind."""

import pytest

from moorage.engines.fake import Program
from moorage.instances.models import Instance
from moorage.inventory.models import PortReservation
from moorage.kit.errors import Failed, Invalid
from tests.make.world import Person, World, open_world

pytestmark = pytest.mark.anyio

REDIS = {"resource_name": "redis"}


async def test_an_engine_that_is_down_refuses_orders_before_anything_is_made(
    world: World, anna: Person
) -> None:
    world.engine.down = True

    answer = await anna.http.post("/resource_list", json=REDIS)

    assert answer.status_code == 503
    assert answer.json() == {"message": "The engine does not answer."}
    assert await world.made() == []
    assert await world.rows(Instance) == []


@pytest.mark.parametrize(
    "call", ["create_container", "ensure_network", "start_container", "pull_image", "build_image"]
)
async def test_an_engine_that_fails_in_the_middle_leaves_nothing_behind(
    world: World, anna: Person, call: str
) -> None:
    world.engine.fail_next(call, Failed("The engine is on fire.", detail="at 10.0.0.1"))

    answer = await anna.http.post("/resource_list", json=REDIS | {"version": "8.2"})

    assert answer.status_code == 503
    assert "The engine is on fire." in answer.json()["message"]
    assert "10.0.0.1" not in answer.text
    assert await world.made() == []
    assert (await anna.http.get("/resource_list")).json() == {"data": []}


async def test_what_failed_is_shown_with_its_reason_and_can_be_removed(
    world: World, anna: Person
) -> None:
    world.engine.fail_next("start_container", Failed("The engine is on fire."))
    await anna.http.post("/resource_list", json=REDIS)

    shown = (await anna.http.get("/resource/1")).json()
    removed = await anna.http.delete("/resource/1")

    assert (shown["status"], shown["message"]) == ("failed", "The engine is on fire.")
    assert (shown["is_running"], shown["url"], shown["config"]) == (False, None, {})
    assert removed.json() == {"id": 1, "deleted": True}


async def test_an_order_that_failed_can_be_placed_again_under_its_name(
    world: World, anna: Person
) -> None:
    world.engine.fail_next("start_container", Failed("The engine is on fire."))
    await anna.http.post("/resource_list", json=REDIS | {"name": "cache"})

    answer = await anna.http.post("/resource_list", json=REDIS | {"name": "cache"})

    assert answer.status_code == 201


async def test_an_image_that_cannot_be_had_is_a_clear_reason(world: World, anna: Person) -> None:
    world.engine.registry.clear()

    answer = await anna.http.post("/resource_list", json=REDIS | {"version": "8.2"})

    assert answer.status_code == 503
    assert answer.json()["message"].startswith("No image could be had. moorage/redis:8.2: ")
    assert await world.made() == []


async def test_a_server_that_stops_at_once_says_its_last_words(world: World, anna: Person) -> None:
    password = "a-password-in-the-log"
    order = REDIS | {"config": {"--requirepass": password}}
    await anna.http.post("/resource_list", json=order)
    [container] = world.engine.containers.values()
    spec = container.spec
    await anna.http.delete("/resource/1")
    fatal = ("*** FATAL CONFIG FILE ERROR ***", f"requirepass {password}")
    program = Program(output=fatal, exit_code=1)
    world.engine.programs[(*(spec.entrypoint or ()), *spec.command)] = program

    answer = await anna.http.post("/resource_list", json=order)

    assert answer.status_code == 503
    assert answer.json()["message"] == (
        "redis-2 stopped right after its start (exit code 1). "
        "Its last words: *** FATAL CONFIG FILE ERROR *** | requirepass ***"
    )
    assert await world.made() == []


async def test_what_the_engine_refuses_is_said_and_leaves_nothing_behind(
    world: World, anna: Person
) -> None:
    world.engine.fail_next("start_container", Invalid("There is no such command."))

    answer = await anna.http.post("/resource_list", json=REDIS)

    assert answer.status_code == 503
    assert answer.json()["message"] == "There is no such command."
    assert await world.made() == []


async def test_a_port_that_somebody_else_has_is_left_out(world: World, anna: Person) -> None:
    world.engine.taken_ports |= {3307, 3308}

    answer = await anna.http.post("/resource_list", json=REDIS)
    next_one = await anna.http.post("/resource_list", json=REDIS)

    assert answer.json()["config"]["port"] == 3309
    assert answer.json()["url"].endswith(":3309/0")
    assert next_one.json()["config"]["port"] == 3310
    assert [row.port for row in await world.rows(PortReservation)] == [3309, 3310]
    assert len(world.engine.containers) == 2


async def test_ports_that_are_used_up_name_the_setting(anna: Person, world: World) -> None:
    async with open_world(world.settings.data_dir / "small", database_ports="4000-4001") as small:
        bob = await small.person("bob")
        answers = [await bob.http.post("/resource_list", json=REDIS) for _ in range(3)]
        made = await small.made()
        await bob.http.delete("/resource/1")
        again = await bob.http.post("/resource_list", json=REDIS)

    assert [answer.status_code for answer in answers] == [201, 201, 503]
    assert "4000-4001" in answers[2].json()["message"]
    assert "MOORAGE_DATABASE_PORTS" in answers[2].json()["message"]
    assert [name for name in made if name.startswith("port")] == ["port 4000", "port 4001"]
    assert again.json()["config"]["port"] == 4000


async def test_ports_that_are_all_taken_by_others_name_the_setting(world: World) -> None:
    async with open_world(world.settings.data_dir / "small", database_ports="4000-4001") as small:
        small.engine.taken_ports |= {4000, 4001}
        bob = await small.person("bob")
        answer = await bob.http.post("/resource_list", json=REDIS)
        made = await small.made()

    assert answer.status_code == 503
    assert "MOORAGE_DATABASE_PORTS" in answer.json()["message"]
    assert made == []


async def test_a_used_up_quota_says_how_much_there_is(world: World) -> None:
    async with open_world(world.settings.data_dir / "small", quota_instances=2) as small:
        bob = await small.person("bob")
        await bob.http.post("/resource_list", json=REDIS)
        small.gate.close("before start_container")
        await bob.http.post("/resource_list?wait=0", json=REDIS)
        answer = await bob.http.post("/resource_list", json=REDIS)
        small.gate.open()
        carol = await small.person("carol")
        other = await carol.http.post("/resource_list", json=REDIS)

    assert answer.status_code == 413
    body = answer.json()
    assert (body["in_use"], body["reserved"], body["limit"]) == (1, 1, 2)
    assert "quota of instances" in body["message"]
    assert other.status_code == 201


async def test_memory_is_counted_where_the_quota_says_so(world: World) -> None:
    async with open_world(world.settings.data_dir / "small", quota_memory_mib=1000) as small:
        bob = await small.person("bob")
        first = await bob.http.post("/resource_list", json=REDIS | {"memory_mib": 600})
        second = await bob.http.post("/resource_list", json=REDIS | {"memory_mib": 600})
        third = await bob.http.post("/resource_list", json=REDIS | {"memory_mib": 400})

    assert [first.status_code, second.status_code, third.status_code] == [201, 413, 201]
    body = second.json()
    assert (body["in_use"], body["reserved"], body["limit"]) == (600, 0, 1000)
