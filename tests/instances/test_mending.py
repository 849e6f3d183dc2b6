"""What somebody did by hand is seen and mended; data are never lost by it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from moorage.audit.models import AuditEntry
from moorage.engines.fake import FakeEngine
from moorage.engines.port import ContainerStatus, Volume
from moorage.identity.models import User
from moorage.instances import verbs
from moorage.instances.models import Instance
from moorage.instances.tools import Tools
from moorage.kit.clock import now
from moorage.kit.errors import Conflict, Failed
from moorage.operations.models import Operation
from tests.instances.lives import history, make_running, mended, reload, rows, watch_over, work_off

pytestmark = pytest.mark.anyio


def name_of(engine: FakeEngine) -> str:
    """Return the name of the only container."""
    [name] = engine.containers
    return name


def put(engine: FakeEngine, status: ContainerStatus) -> None:
    """Have the only container in a state."""
    container = engine.containers[name_of(engine)]
    container.seen = replace(container.seen, status=status)


async def test_what_runs_needs_nothing(tools: Tools, engine: FakeEngine, owner: User) -> None:
    instance = await make_running(tools, owner)
    watch = await watch_over(tools)

    await watch.look()
    seen = await reload(tools, instance)
    await watch.look()

    assert (seen.status, seen.observed, seen.health) == ("running", "running", "healthy")
    assert (await reload(tools, instance)).observed_at == seen.observed_at
    assert len(await history(tools, instance)) == 1


@pytest.mark.parametrize("by_hand", [FakeEngine.kill, FakeEngine.stop_by_hand])
async def test_a_container_that_ended_is_started_again(
    tools: Tools, engine: FakeEngine, owner: User, by_hand: object
) -> None:
    instance = await make_running(tools, owner)
    assert callable(by_hand)
    by_hand(engine, name_of(engine))

    await (await watch_over(tools)).look()
    seen = await reload(tools, instance)
    await work_off(tools, instance)

    assert (seen.status, seen.observed) == ("degraded", "stopped")
    again = await reload(tools, instance)
    assert (again.status, again.message, again.container_id) == (
        "running",
        None,
        instance.container_id,
    )


async def test_a_container_that_was_removed_is_made_again_on_its_volume_and_port(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_running(tools, owner)
    [volume] = engine.volumes.values()
    engine.remove_by_hand(name_of(engine))
    engine.images.clear()

    await mended(tools, instance)

    again = await reload(tools, instance)
    [container] = engine.containers.values()
    assert list(engine.volumes.values()) == [volume]
    assert (again.status, again.port) == ("running", instance.port)
    assert again.container_id == container.seen.id != instance.container_id


@pytest.mark.parametrize("status", ["created", "dead"])
async def test_a_container_that_never_ran_or_cannot_is_brought_to_run(
    tools: Tools, engine: FakeEngine, owner: User, status: ContainerStatus
) -> None:
    instance = await make_running(tools, owner)
    put(engine, status)

    await mended(tools, instance)

    assert engine.containers[name_of(engine)].seen.status == "running"


async def test_a_container_that_stays_paused_runs_again(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_running(tools, owner)
    put(engine, "paused")
    await (await watch_over(tools)).look()
    seen = await reload(tools, instance)
    assert (seen.observed, len(await history(tools, instance))) == ("paused", 1)
    await set_columns(tools, instance, observed_at=now() - timedelta(minutes=1))

    await mended(tools, instance)

    assert engine.containers[name_of(engine)].seen.status == "running"


async def test_what_its_engine_restarts_is_left_to_it(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_running(tools, owner)
    put(engine, "restarting")

    await (await watch_over(tools)).look()

    seen = await reload(tools, instance)
    assert (seen.status, seen.observed) == ("degraded", "restarting")
    assert len(await history(tools, instance)) == 1


async def test_a_log_that_is_refused_leaves_the_rest_to_be_told(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_running(tools, owner)
    put(engine, "restarting")
    engine.fail_next("container_log", Conflict("It is dead or marked for removal."))

    await (await watch_over(tools)).look()

    seen = await reload(tools, instance)
    assert (seen.status, seen.observed) == ("degraded", "restarting")
    assert str(seen.message).endswith("It left no log.")


async def test_data_that_are_gone_are_told_and_nothing_empty_takes_their_place(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_running(tools, owner)
    engine.remove_by_hand(name_of(engine))
    [lost] = engine.volumes
    engine.volumes.clear()

    await (await watch_over(tools)).look()
    seen = await reload(tools, instance)
    async with tools.db.begin() as session:
        await verbs.start(session, seen)
    [start, *_] = await work_off(tools, instance)

    assert (seen.status, seen.observed) == ("degraded", "volume missing")
    assert lost in (seen.message or "")
    assert (start.status, start.error_kind) == ("failed", "Failed")
    assert engine.volumes == {}
    assert engine.containers == {}


async def test_data_that_were_brought_back_are_served_again(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_running(tools, owner)
    engine.remove_by_hand(name_of(engine))
    [volume] = engine.volumes
    engine.volumes.clear()
    await (await watch_over(tools)).look()

    engine.volumes[volume] = Volume(volume, labels={})
    await mended(tools, instance)

    assert (await reload(tools, instance)).status == "running"


async def test_what_is_to_be_stopped_is_stopped_again(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_running(tools, owner)
    async with tools.db.begin() as session:
        await verbs.stop(session, instance)
    await work_off(tools, instance)
    await engine.start_container(name_of(engine))

    await mended(tools, instance)

    assert (await reload(tools, instance)).status == "stopped"
    assert engine.containers[name_of(engine)].seen.status == "exited"


async def test_what_is_stopped_stays_so_when_its_engine_restarts(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_running(tools, owner)
    async with tools.db.begin() as session:
        await verbs.stop(session, instance)
    await work_off(tools, instance)

    engine.restart()
    await (await watch_over(tools)).look()

    assert (await reload(tools, instance)).status == "stopped"
    assert len(await history(tools, instance)) == 2


async def test_a_sick_server_is_told_and_a_healthy_one_is_well_again(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_running(tools, owner)
    watch = await watch_over(tools)
    engine.set_health(name_of(engine), "unhealthy")
    await watch.look()
    sick = await reload(tools, instance)
    engine.set_health(name_of(engine), "healthy")
    await watch.look()
    well = await reload(tools, instance)

    assert (sick.status, sick.health) == ("degraded", "unhealthy")
    assert (well.status, well.health, well.message) == ("running", "healthy", None)


async def test_nothing_is_done_while_an_operation_is_unfinished(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_running(tools, owner)
    async with tools.db.begin() as session:
        await verbs.restart(session, instance)
    engine.remove_by_hand(name_of(engine))

    await (await watch_over(tools)).look()

    assert (await reload(tools, instance)).status == "running"
    assert [one.kind for one in await history(tools, instance)] == [
        "instance.restart",
        "instance.create",
    ]


async def test_remains_of_what_is_gone_are_removed_but_kept_data_stay(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    kept, gone = await make_running(tools, owner), await make_running(tools, owner)
    first, second = list(engine.containers.values())
    for instance, keep_data in ((kept, True), (gone, False)):
        async with tools.db.begin() as session:
            await verbs.delete(session, instance, keep_data=keep_data)
        await work_off(tools, instance)
    volumes = set(engine.volumes)
    engine.containers = {one.seen.name: one for one in (first, second)}

    await mended(tools, kept)
    await work_off(tools, gone)

    assert engine.containers == {}
    assert set(engine.volumes) == volumes
    assert len(volumes) == 1


async def test_a_mend_is_in_the_audit_log_as_moorages_own(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_running(tools, owner)
    engine.kill(name_of(engine))

    await mended(tools, instance)

    [entry] = await rows(tools, AuditEntry)
    assert (entry.action, entry.subject) == ("instance.mend", instance.id)
    assert (entry.user_id, entry.outcome) == (None, "ok")
    assert "exit code 137" in (entry.detail or "")


async def test_a_mend_that_fails_says_why_and_is_tried_again_later(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_running(tools, owner)
    watch = await watch_over(tools)
    engine.kill(name_of(engine))
    engine.fail_next("start_container", Failed("The engine is on fire."))
    await watch.look()
    [failed, *_] = await work_off(tools, instance)

    await watch.look()
    waiting = await history(tools, instance)
    await set_ended(tools, failed, minutes_ago=1)
    await mended(tools, instance)

    assert failed.status == "failed"
    assert len(waiting) == 2
    assert (await reload(tools, instance)).status == "running"


async def test_a_port_that_another_program_took_is_said_and_never_changed(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_running(tools, owner)
    engine.kill(name_of(engine))
    assert instance.port is not None
    engine.taken_ports.add(instance.port)
    await (await watch_over(tools)).look()
    [mend, *_] = await history(tools, instance)

    async with tools.db.begin() as session:  # as if it had been tried for a minute
        await session.execute(update(Operation).where(Operation.id == mend.id).values(attempts=6))
    await work_off(tools, instance)

    seen = await reload(tools, instance)
    assert (seen.status, seen.port) == ("degraded", instance.port)
    assert f"Port {instance.port}" in (seen.message or "")


async def test_a_mend_of_what_is_well_by_now_changes_nothing(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_running(tools, owner)
    engine.kill(name_of(engine))
    await (await watch_over(tools)).look()
    await engine.start_container(name_of(engine))

    [mend, *_] = await work_off(tools, instance)

    assert mend.status == "succeeded"
    assert (await reload(tools, instance)).container_id == instance.container_id


async def set_columns(tools: Tools, instance: Instance, **values: object) -> None:
    async with tools.db.begin() as session:
        await session.execute(update(Instance).where(Instance.id == instance.id).values(**values))


async def set_ended(tools: Tools, operation: Operation, *, minutes_ago: int) -> None:
    async with tools.db.begin() as session:
        await session.execute(
            update(Operation)
            .where(Operation.id == operation.id)
            .values(ended_at=now() - timedelta(minutes=minutes_ago))
        )
