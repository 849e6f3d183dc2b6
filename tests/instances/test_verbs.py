"""Start, stop, restart, remove, try again: what is asked, and what comes of it."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import update

from moorage.engines.fake import FakeEngine
from moorage.identity.models import User
from moorage.instances import service as instances
from moorage.instances import verbs
from moorage.instances.models import Instance
from moorage.instances.tools import Tools
from moorage.kit.errors import Conflict, Failed, QuotaExceeded
from moorage.operations import service as operations
from moorage.operations.models import Operation
from tests.instances.lives import history, make_running, mended, reload, work_off
from tests.make.gate import Gate
from tests.make.instances import make_order, performing

pytestmark = pytest.mark.anyio


async def ask(tools: Tools, verb: str, instance: Instance) -> Operation:
    """Ask for a verb."""
    async with tools.db.begin() as session:
        current = await instances.get(session, instance.id)
        if verb == "delete":
            return await verbs.delete(session, current, keep_data=False)
        operation: Operation = await getattr(verbs, verb)(session, current)
        return operation


async def cancel(tools: Tools, operation: Operation) -> None:
    """Have an operation cancelled."""
    async with tools.db.begin() as session:
        await operations.cancel(session, await operations.get(session, operation.id))


async def try_again(tools: Tools, operation: Operation) -> None:
    """Have an operation tried again."""
    async with tools.db.begin() as session:
        current = await operations.get(session, operation.id)
        await verbs.retry(session, tools, current)


async def test_a_stopped_instance_keeps_its_container_its_data_and_its_port(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_running(tools, owner)

    await ask(tools, "stop", instance)
    [stop, *_] = await work_off(tools, instance)

    [container] = engine.containers.values()
    stopped = await reload(tools, instance)
    assert (stop.status, stop.server_id) == ("succeeded", instance.server_id)
    assert container.seen.status == "exited"
    assert len(engine.volumes) == 1
    assert (stopped.status, stopped.desired, stopped.port) == ("stopped", "stopped", instance.port)


async def test_a_started_instance_lets_clients_log_in_again(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_running(tools, owner)
    await ask(tools, "stop", instance)
    await work_off(tools, instance)

    await ask(tools, "start", instance)
    [start, *_] = await work_off(tools, instance)

    assert [step["name"] for step in start.steps] == ["Container", "Login"]
    started = await reload(tools, instance)
    assert (started.status, started.desired) == ("running", "running")


async def test_a_restart_stops_and_starts(tools: Tools, owner: User, gate: Gate) -> None:
    instance = await make_running(tools, owner)
    gate.passed.clear()

    await ask(tools, "restart", instance)
    [restart, *_] = await work_off(tools, instance)

    called = [moment for moment in gate.passed if moment.startswith("after st")]
    assert called == ["after stop_container", "after start_container"]
    assert [step["name"] for step in restart.steps] == ["Stop", "Container", "Login"]
    assert (await reload(tools, instance)).status == "running"


@pytest.mark.parametrize("verb", ["start", "stop", "restart", "delete"])
async def test_asking_again_for_what_is_under_way_joins_it(
    tools: Tools, owner: User, verb: str
) -> None:
    instance = await make_running(tools, owner)

    first, second = await ask(tools, verb, instance), await ask(tools, verb, instance)

    assert first.id == second.id


async def test_what_is_asked_last_is_what_is_wished_for(tools: Tools, owner: User) -> None:
    instance = await make_running(tools, owner)

    asked = [await ask(tools, verb, instance) for verb in ("stop", "start", "stop")]
    await work_off(tools, instance)

    assert len({one.id for one in asked}) == 3
    assert (await reload(tools, instance)).status == "stopped"


@pytest.mark.parametrize("verb", ["start", "stop", "restart"])
async def test_what_is_being_made_is_neither_started_nor_stopped(
    tools: Tools, owner: User, verb: str
) -> None:
    instance, _ = await make_order(tools, owner=owner)

    with pytest.raises(Conflict, match="is still being made"):
        await ask(tools, verb, instance)


@pytest.mark.parametrize("verb", ["start", "stop", "restart"])
async def test_what_is_being_removed_is_neither_started_nor_stopped(
    tools: Tools, owner: User, verb: str
) -> None:
    instance = await make_running(tools, owner)
    await ask(tools, "delete", instance)

    with pytest.raises(Conflict, match="is being removed"):
        await ask(tools, verb, instance)


async def test_a_failed_order_cannot_be_started(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_failed(tools, engine, owner)

    with pytest.raises(Conflict, match="try its operation again, or remove it"):
        await ask(tools, "start", instance)


async def test_a_start_that_fails_leaves_the_instance_degraded_with_the_reason(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_running(tools, owner)
    await ask(tools, "stop", instance)
    await work_off(tools, instance)
    engine.fail_next("start_container", Failed("The engine is on fire."))

    await ask(tools, "start", instance)
    [start, *_] = await work_off(tools, instance)
    failed = await reload(tools, instance)
    await try_again(tools, start)
    await work_off(tools, instance)

    assert (failed.status, failed.message) == ("degraded", "The engine is on fire.")
    assert (failed.desired, failed.observed) == ("running", "stopped")
    assert (await reload(tools, instance)).status == "running"


@pytest.mark.parametrize(("verb", "before"), [("start", "stopped"), ("stop", "running")])
async def test_a_cancelled_verb_leaves_what_was_wished_for_before(
    tools: Tools, owner: User, verb: str, before: str
) -> None:
    instance = await make_running(tools, owner)
    if before == "stopped":
        await ask(tools, "stop", instance)
        await work_off(tools, instance)

    await cancel(tools, await ask(tools, verb, instance))
    [ended, *_] = await work_off(tools, instance)

    now = await reload(tools, instance)
    assert ended.status == "cancelled"
    assert (now.desired, now.status) == (before, before)


async def test_a_removal_cancels_the_order_and_follows_it(
    tools: Tools, engine: FakeEngine, owner: User, gate: Gate
) -> None:
    instance, order = await make_order(tools, owner=owner)
    gate.close("before start_container")
    async with performing(tools):
        await gate.reached.wait()
        [container] = engine.containers.values()
        container.spec = replace(container.spec, environment={})  # nobody can log in
        gate.open()
        removal = await ask(tools, "delete", instance)
        ended = [await operations.wait(tools.db, one.id, timeout_s=10) for one in (order, removal)]

    assert [one.status for one in ended] == ["cancelled", "succeeded"]
    assert [*engine.containers, *engine.volumes, *engine.networks] == []
    assert (await reload(tools, instance)).deleted_at is not None


async def test_a_cancelled_order_leaves_nothing_and_can_be_tried_again(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance, order = await make_order(tools, owner=owner)
    await cancel(tools, order)
    await work_off(tools, instance)
    cancelled, left = await reload(tools, instance), [*engine.containers, *engine.volumes]

    await try_again(tools, order)
    [again] = await work_off(tools, instance)

    assert (cancelled.status, left) == ("failed", [])
    assert again.status == "succeeded"
    assert (await reload(tools, instance)).status == "running"


async def test_a_removal_that_is_cancelled_in_time_changes_nothing(
    tools: Tools, engine: FakeEngine, owner: User, gate: Gate
) -> None:
    instance = await make_running(tools, owner)
    [volume] = engine.volumes
    gate.close("after remove_container")
    async with performing(tools):
        removal = await ask(tools, "delete", instance)
        await gate.reached.wait()
        await cancel(tools, removal)
        gate.open()
        ended = await operations.wait(tools.db, removal.id, timeout_s=10)

    waiting = await reload(tools, instance)
    await mended(tools, instance)
    assert ended.status == "cancelled"
    assert (waiting.status, waiting.desired) == ("degraded", "running")
    assert list(engine.volumes) == [volume]
    assert (await reload(tools, instance)).status == "running"


async def test_a_removal_that_has_begun_on_the_data_cannot_be_cancelled(
    tools: Tools, owner: User, gate: Gate
) -> None:
    instance = await make_running(tools, owner)
    gate.close("before remove_volume")
    async with performing(tools):
        removal = await ask(tools, "delete", instance)
        await gate.reached.wait()
        with pytest.raises(Conflict, match="too late"):
            await cancel(tools, removal)
        gate.open()
        ended = await operations.wait(tools.db, removal.id, timeout_s=10)

    assert ended.status == "succeeded"


async def test_a_removal_that_failed_is_tried_again(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_running(tools, owner)
    engine.fail_next("remove_volume", Conflict("A container uses the volume."))
    removal = await ask(tools, "delete", instance)
    await work_off(tools, instance)
    failed = await reload(tools, instance)

    await try_again(tools, removal)
    await work_off(tools, instance)

    assert (failed.status, failed.message) == ("degraded", "A container uses the volume.")
    assert (await reload(tools, instance)).deleted_at is not None
    assert engine.volumes == {}


async def test_a_removal_is_not_tried_again_while_its_instance_is_protected(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_running(tools, owner)
    engine.fail_next("remove_volume", Conflict("A container uses the volume."))
    removal = await ask(tools, "delete", instance)
    await work_off(tools, instance)
    async with tools.db.begin() as session:
        await session.execute(update(Instance).values(deletion_protection=True))

    with pytest.raises(Conflict, match="Lift it first: PATCH"):
        await try_again(tools, removal)

    [left, *_] = await history(tools, instance)
    assert (left.id, left.status) == (removal.id, "failed")
    assert (await reload(tools, instance)).deleted_at is None


async def test_an_order_that_succeeded_is_not_tried_again_at_a_full_quota(
    tools: Tools, owner: User
) -> None:
    instance = await make_running(tools, owner)
    [order] = await history(tools, instance)
    async with tools.db.begin() as session:
        await session.execute(update(User).values(quota_instances=1))

    with pytest.raises(Conflict, match="Only what failed"):
        await try_again(tools, order)


async def test_a_failed_order_is_tried_again_with_its_own_credentials(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_failed(tools, engine, owner)
    assert (instance.port, engine.containers) == (None, {})
    [order] = await history(tools, instance)

    await try_again(tools, order)
    [again] = await work_off(tools, instance)

    now = await reload(tools, instance)
    assert (again.id, again.status) == (order.id, "succeeded")
    assert (now.status, now.desired, now.message) == ("running", "running", None)
    assert now.secrets_sealed == instance.secrets_sealed


async def test_an_order_whose_name_was_taken_since_is_not_tried_again(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_failed(tools, engine, owner)
    [order] = await history(tools, instance)
    await make_order(tools, owner=owner, name=instance.name)

    with pytest.raises(Conflict, match=f"is named '{instance.name}' by now"):
        await try_again(tools, order)

    assert (await reload(tools, instance)).status == "failed"


async def test_an_order_that_is_tried_again_needs_a_quota(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_failed(tools, engine, owner)
    [order] = await history(tools, instance)
    async with tools.db.begin() as session:
        row = await session.get(User, owner.number)
        assert row is not None
        row.quota_instances = 0

    with pytest.raises(QuotaExceeded):
        await try_again(tools, order)


async def test_the_credentials_of_a_failed_order_go_with_it(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_failed(tools, engine, owner)

    await ask(tools, "delete", instance)
    [_, order] = await work_off(tools, instance)

    assert instance.secrets_sealed
    assert (await reload(tools, instance)).secrets_sealed == ""
    with pytest.raises(Conflict, match="is gone"):
        await try_again(tools, order)


async def test_verbs_at_once_end_in_what_was_asked_last(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_running(tools, owner)
    async with performing(tools):
        await asyncio.gather(
            *(ask(tools, verb, instance) for verb in ("stop", "start", "restart", "stop"))
        )
    await ask(tools, "start", instance)

    await work_off(tools, instance)

    [container] = engine.containers.values()
    assert container.seen.status == "running"
    assert (await reload(tools, instance)).status == "running"


async def make_failed(tools: Tools, engine: FakeEngine, owner: User) -> Instance:
    """Order an instance that cannot be made."""
    engine.fail_next("start_container", Failed("The engine is on fire."))
    return await make_running(tools, owner)
