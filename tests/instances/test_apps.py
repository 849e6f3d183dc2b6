"""Apps of several containers: made, stopped, mended and removed as one."""

from dataclasses import replace

import pytest

from moorage.engines.fake import FakeEngine, Program
from moorage.engines.port import ContainerSpec
from moorage.identity.models import User
from moorage.instances import apps, inside, verbs
from moorage.instances import service as instances
from moorage.instances.models import Instance
from moorage.instances.service import Order
from moorage.instances.tools import Tools
from moorage.inventory.models import PortReservation
from moorage.kit.errors import Conflict, Failed, Invalid
from moorage.operations.models import Operation
from tests.instances.lives import (
    everything,
    history,
    make_running,
    mended,
    reload,
    rows,
    watch_over,
    work_off,
)
from tests.make.gate import Gate
from tests.make.instances import make_order

pytestmark = pytest.mark.anyio

APP = "wordpress"
MAIN, DB = "websoft9-wordpress", "websoft9-wordpress-db"


async def order(tools: Tools, owner: User, **wanted: object) -> tuple[Instance, Operation]:
    """Order the app."""
    async with tools.db.begin() as session:
        wish = replace(Order(blueprint=APP), **wanted)  # type: ignore[arg-type] # of Order
        return await instances.create(session, tools, owner_id=owner.id, order=wish)


async def test_an_app_runs_in_a_network_and_on_ports_of_its_own(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_running(tools, owner, blueprint=APP)

    assert (instance.status, instance.kind, instance.version) == ("running", "app", "6.8")
    assert (instance.project, instance.port, instance.db_port) == (MAIN, 9001, 3307)
    assert engine.containers.keys() == {MAIN, DB}
    [network] = engine.networks.values()
    assert {one.spec.network for one in engine.containers.values()} == {network.name}
    labels = [one.spec.labels["moorage.instance"] for one in engine.containers.values()]
    labels += [one.labels["moorage.instance"] for one in engine.volumes.values()]
    assert {*labels, network.labels["moorage.instance"]} == {instance.id}
    ports = {port for one in engine.containers.values() for port in one.spec.ports}
    assert {(port.address, port.port) for port in ports} == {
        ("127.0.0.1", 9001),
        ("127.0.0.1", 3307),
    }


async def test_two_of_an_app_get_names_and_volumes_of_their_own(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    await make_running(tools, owner, blueprint=APP)

    second = await make_running(tools, owner, blueprint=APP)

    assert second.project == f"{MAIN}-{second.number}"
    assert (second.status, second.port) == ("running", 9002)
    assert (len(engine.containers), len(engine.volumes), len(engine.networks)) == (4, 4, 2)


async def test_who_wants_the_only_one_is_told_that_it_is_on_its_way(
    tools: Tools, owner: User
) -> None:
    await order(tools, owner, only_one=True)

    with pytest.raises(Conflict, match=f"{MAIN} is being installed"):
        await order(tools, owner, only_one=True)


async def test_settings_are_checked_and_those_in_force_are_kept(tools: Tools, owner: User) -> None:
    with pytest.raises(Invalid) as refused:
        await order(tools, owner, config={"WORDPRESS_TITLE": "", "X": 1}, memory_mib=1)
    instance, _ = await order(tools, owner, config={"WORDPRESS_TITLE": "Boats"})

    assert refused.value.fields.keys() >= {"settings.WORDPRESS_TITLE", "memory_mib"}
    assert instance.options["WORDPRESS_TITLE"] == "Boats"
    secrets = instances.settled(tools, instance).secrets
    assert secrets.keys() == {"ADMIN_PASSWORD", "DB_PASSWORD", "DB_ROOT_PASSWORD"}
    assert len({*secrets.values()}) == 3


@pytest.mark.parametrize(
    ("call", "times"), [("build_image", 2), ("create_container", 1), ("start_container", 1)]
)
async def test_an_order_that_fails_leaves_nothing_and_can_be_placed_again(
    tools: Tools, engine: FakeEngine, owner: User, call: str, times: int
) -> None:
    for _ in range(times):  # of images there are two to choose from
        engine.fail_next(call, Failed("The engine is on fire."))
    instance, _ = await make_order(tools, owner=owner, blueprint=APP)

    [operation] = await work_off(tools, instance)
    left = await everything(tools, engine)
    again = await make_running(tools, owner, blueprint=APP)

    assert operation.status == "failed"
    assert "on fire" in str(operation.error)
    failed = await reload(tools, instance)
    assert (failed.status, failed.port, failed.db_port) == ("failed", None, None)
    assert left == []
    assert (again.status, again.project, again.port) == ("running", MAIN, 9001)


async def test_the_container_that_ended_says_why_the_order_failed(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    engine.programs[()] = Program(output=("no room on the disk",), exit_code=1)
    instance, _ = await make_order(tools, owner=owner, blueprint=APP)

    [operation] = await work_off(tools, instance)

    assert "db of wordpress-1 stopped right after its start (exit code 1)" in str(operation.error)
    assert "no room on the disk" in str(operation.error)
    assert await everything(tools, engine) == []


async def test_what_ends_again_and_again_later_on_says_why(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_running(tools, owner, blueprint=APP)
    password = instances.settled(tools, instance).secrets["DB_PASSWORD"]
    engine.write(DB, f"{password} is wrong")
    container = engine.containers[DB]
    container.seen = replace(container.seen, status="restarting", exit_code=3)

    await (await watch_over(tools)).look()

    assert str((await reload(tools, instance)).message) == (
        "Its container db ends again and again (exit code 3); its log says why. "
        "Its last words: *** is wrong"
    )


async def test_ports_of_somebody_else_are_left_out(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    engine.taken_ports = {9001, 3307}

    instance, _ = await make_order(tools, owner=owner, blueprint=APP)

    assert (instance.port, instance.db_port) == (9002, 3308)


async def test_a_port_that_somebody_takes_after_the_order_is_replaced(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    ordered, _ = await make_order(tools, owner=owner, blueprint=APP)
    engine.taken_ports = {9001, 3308}

    await work_off(tools, ordered)

    instance = await reload(tools, ordered)
    assert (instance.status, instance.port, instance.db_port) == ("running", 9002, 3309)
    assert len(await rows(tools, PortReservation)) == 2


async def test_a_container_of_that_name_is_not_touched(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    engine.add_image("other")
    await engine.create_container(ContainerSpec(name=DB, image="other", labels={"whose": "mine"}))
    other = engine.containers[DB]
    instance, _ = await make_order(tools, owner=owner, blueprint=APP)

    with pytest.raises(Conflict, match=f"container {DB} exists on this server already"):
        await apps.check_room(tools, Order(blueprint=APP), sees=None)
    [operation] = await work_off(tools, instance)

    assert (operation.status, "already" in str(operation.error)) == ("failed", True)
    assert engine.containers == {DB: other}


async def test_what_a_killed_run_is_still_making_stands_in_nobodys_way(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    engine.fail_next("create_container", Conflict("That name is in use."))

    instance = await make_running(tools, owner, blueprint=APP)

    assert instance.status == "running"


async def test_a_failed_order_is_not_tried_again_once_there_is_another(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    engine.fail_next("start_container", Failed("The engine is on fire."))
    instance, _ = await make_order(tools, owner=owner, blueprint=APP)
    [operation] = await work_off(tools, instance)
    await make_running(tools, owner, blueprint=APP)

    with pytest.raises(Conflict, match=f"{MAIN} exists on this server already"):
        async with tools.db.begin() as session:
            await verbs.retry(session, tools, operation)


@pytest.mark.parametrize(
    ("what", "words"), [("memory_free_mib", "MiB of memory"), ("disk_free_mib", "on the disk")]
)
async def test_a_server_without_room_says_what_is_short(
    tools: Tools, engine: FakeEngine, what: str, words: str
) -> None:
    await apps.check_room(tools, Order(blueprint=APP), sees=None)
    setattr(engine, what, 100)

    with pytest.raises(Conflict, match=words):
        await apps.check_room(tools, Order(blueprint=APP), sees=None)


async def test_what_needs_others_is_stopped_first(
    tools: Tools, engine: FakeEngine, gate: Gate, owner: User
) -> None:
    instance = await make_running(tools, owner, blueprint=APP)
    stopped: list[str] = []
    ours = {"moorage.instance": instance.id}
    async with engine.watch(ours) as events:
        async with tools.db.begin() as session:
            await verbs.stop(session, await instances.get(session, instance.id))
        await work_off(tools, instance)
        async for event in events:
            if event.action == "stop":
                stopped.append(event.name)
            if len(stopped) == 2:
                break

    assert stopped == [MAIN, DB]
    assert (await reload(tools, instance)).status == "stopped"


async def test_a_service_that_was_removed_is_made_again_on_its_volume(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_running(tools, owner, blueprint=APP)
    volumes = {*engine.volumes}
    kept = engine.containers[MAIN].seen.id
    engine.remove_by_hand(DB)

    await (await watch_over(tools)).look()
    seen = await reload(tools, instance)
    await work_off(tools, instance)

    assert (seen.status, seen.observed) == ("degraded", "missing")
    assert "container db is gone" in str(seen.message)
    assert {*engine.volumes} == volumes
    assert engine.containers.keys() == {MAIN, DB}
    assert engine.containers[MAIN].seen.id == kept
    assert (await reload(tools, instance)).status == "running"


async def test_images_and_the_network_that_were_tidied_up_are_had_again(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_running(tools, owner, blueprint=APP)
    bases = {ref: image for ref, image in engine.images.items() if ref.startswith("moorage/debian")}
    engine.remove_by_hand(DB)
    engine.remove_by_hand(MAIN)
    engine.networks.clear()
    engine.images = bases

    await mended(tools, instance)

    again = await reload(tools, instance)
    assert (again.status, again.port) == ("running", instance.port)
    assert again.container_id == engine.containers[MAIN].seen.id


async def test_an_empty_volume_is_never_made_in_place_of_one_that_is_gone(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_running(tools, owner, blueprint=APP)
    for name in (MAIN, DB):
        engine.remove_by_hand(name)
    engine.volumes.popitem()

    await (await watch_over(tools)).look()
    async with tools.db.begin() as session:
        start = await verbs.start(session, await instances.get(session, instance.id))
    await work_off(tools, instance)

    seen = await reload(tools, instance)
    assert (seen.status, seen.observed) == ("degraded", "volume missing")
    [ended, *_] = await history(tools, instance)
    assert (ended.id, ended.status) == (start.id, "failed")
    assert engine.containers == {}


async def test_an_app_whose_blueprint_is_gone_can_be_removed(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_running(tools, owner, blueprint=APP)
    without = replace(tools, catalog=type(tools.catalog)([]))
    engine.remove_by_hand(MAIN)

    async with tools.db.begin() as session:
        instance = await instances.get(session, instance.id)
        await verbs.delete(session, instance, keep_data=False)
    [removal, *_] = await work_off(without, instance)

    assert (removal.kind, removal.status) == ("instance.delete", "succeeded")
    assert await everything(tools, engine) == []


async def test_its_data_stay_when_they_are_to_be_kept(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_running(tools, owner, blueprint=APP)
    volumes = {*engine.volumes}

    async with tools.db.begin() as session:
        instance = await instances.get(session, instance.id)
        await verbs.delete(session, instance, keep_data=True)
    await work_off(tools, instance)
    again = await make_running(tools, owner, blueprint=APP)

    assert again.status == "running"
    assert volumes < {*engine.volumes}
    assert len(engine.volumes) == 4


async def test_one_can_look_into_all_its_services(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_running(tools, owner, blueprint=APP)
    password = instances.settled(tools, instance).secrets["DB_PASSWORD"]
    engine.write(DB, f"password is {password}")
    engine.write(MAIN, "ready")

    seen = await inside.look(tools, instance)
    whole = await inside.log(tools, instance, tail=1)
    one = await inside.log(tools, instance, tail=1, service="wordpress")

    assert [inside.service_of(instance, part) for part in seen.containers] == ["db", "wordpress"]
    assert seen.usage is not None
    assert (seen.usage.pids, seen.usage.memory_limit_bytes) == (6, 2 * instance.memory_mib << 20)
    assert whole == ["db | password is ***", "wordpress | ready"]
    assert one == ["ready"]


async def test_the_log_of_all_services_is_followed_to_the_end(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_running(tools, owner, blueprint=APP)
    engine.write(DB, "one")
    engine.write(MAIN, "two")

    async with inside.follow_log(tools, instance, tail=1) as lines:
        engine.stop_by_hand(MAIN)
        engine.stop_by_hand(DB)
        heard = [line async for line in lines]

    assert sorted(heard) == ["db | one", "wordpress | two"]
