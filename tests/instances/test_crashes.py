"""Killed at any moment: the next start brings every operation to its one end."""

import pytest

from moorage.engines.fake import FakeEngine
from moorage.identity.models import User
from moorage.instances import service as instances
from moorage.instances import verbs
from moorage.instances.models import Instance
from moorage.instances.tools import Tools
from moorage.inventory.models import OwnerNetwork, PortReservation
from moorage.kit.errors import Failed
from moorage.operations import service as operations
from moorage.operations.models import Operation
from tests.instances.kills import kill_at_every_moment
from tests.instances.lives import history, make_running, reload, rows, watch_over
from tests.make.gate import Gate
from tests.make.instances import make_order, performing, restarted

pytestmark = pytest.mark.anyio


async def test_an_order_killed_at_any_moment_is_fulfilled_exactly_once(
    tools: Tools, engine: FakeEngine, gate: Gate, owner: User
) -> None:
    orders = 0

    async def act() -> Operation:
        nonlocal orders
        orders += 1
        engine.images.clear()
        return (await make_order(tools, owner=owner))[1]

    async def check(ended: Operation) -> None:
        assert (ended.status, ended.error) == ("succeeded", None)
        assert [step["status"] for step in ended.steps] == ["succeeded"] * 3
        running = [one for one in engine.containers.values() if one.seen.status == "running"]
        assert len(running) == len(engine.containers) == len(engine.volumes) == orders
        assert len(engine.networks) == len(await rows(tools, OwnerNetwork)) == 1
        assert len(await rows(tools, PortReservation)) == orders
        ids = {row.container_id for row in await rows(tools, Instance)}
        assert ids == {one.seen.id for one in running}

    moments = await kill_at_every_moment(tools, gate, act, check)

    assert moments > 15


async def test_a_failing_order_killed_at_any_moment_leaves_nothing(
    tools: Tools, engine: FakeEngine, gate: Gate, owner: User
) -> None:
    async def act() -> Operation:
        engine.images.clear()
        _, operation = await make_order(tools, owner=owner)
        for _ in range(50):
            engine.fail_next("start_container", Failed("The engine is on fire."))
        return operation

    async def check(ended: Operation) -> None:
        assert (ended.status, ended.error) == ("failed", "The engine is on fire.")
        assert [*engine.containers, *engine.volumes, *engine.networks] == []
        assert not await rows(tools, PortReservation)
        assert not await rows(tools, OwnerNetwork)
        assert {row.status for row in await rows(tools, Instance)} == {"failed"}

    moments = await kill_at_every_moment(tools, gate, act, check)

    assert moments > 20


async def test_a_removal_killed_at_any_moment_leaves_nothing(
    tools: Tools, engine: FakeEngine, gate: Gate, owner: User
) -> None:
    async def act() -> Operation:
        _, made = await make_order(tools, owner=owner)
        async with performing(restarted(tools)):
            await operations.wait(tools.db, made.id, timeout_s=10)
        async with tools.db.begin() as session:
            instance = await instances.get(session, made.subject)
            return await verbs.delete(session, instance, keep_data=False)

    async def check(ended: Operation) -> None:
        assert ended.status == "succeeded"
        assert [*engine.containers, *engine.volumes, *engine.networks] == []
        assert not await rows(tools, PortReservation)
        assert all(row.deleted_at for row in await rows(tools, Instance))

    moments = await kill_at_every_moment(tools, gate, act, check)

    assert moments > 5


async def test_a_restart_killed_at_any_moment_ends_with_a_login_on_the_same_data(
    tools: Tools, engine: FakeEngine, gate: Gate, owner: User
) -> None:
    instance = await make_running(tools, owner)
    [volume] = engine.volumes

    async def act() -> Operation:
        async with tools.db.begin() as session:
            return await verbs.restart(session, await instances.get(session, instance.id))

    async def check(ended: Operation) -> None:
        assert ended.status == "succeeded"
        [container] = engine.containers.values()
        assert (container.seen.status, list(engine.volumes)) == ("running", [volume])
        assert (await reload(tools, instance)).status == "running"

    moments = await kill_at_every_moment(tools, gate, act, check)

    assert moments > 5


async def test_a_mend_killed_at_any_moment_makes_one_container_on_the_same_data(
    tools: Tools, engine: FakeEngine, gate: Gate, owner: User
) -> None:
    instance = await make_running(tools, owner)
    [volume] = engine.volumes

    async def act() -> Operation:
        for name in list(engine.containers):
            engine.remove_by_hand(name)
        await (await watch_over(tools)).look()
        [mend, *_] = await history(tools, instance)
        return mend

    async def check(ended: Operation) -> None:
        assert (ended.kind, ended.status) == ("instance.mend", "succeeded")
        [container] = engine.containers.values()
        again = await reload(tools, instance)
        assert (container.seen.status, list(engine.volumes)) == ("running", [volume])
        assert (again.status, again.container_id) == ("running", container.seen.id)

    moments = await kill_at_every_moment(tools, gate, act, check)

    assert moments > 8
