"""Apps of several containers, killed at any moment: each operation comes to its one end."""

import pytest

from moorage.engines.fake import FakeEngine
from moorage.identity.models import User
from moorage.instances import service as instances
from moorage.instances import verbs
from moorage.instances.tools import Tools
from moorage.inventory.models import OwnerNetwork, PortReservation
from moorage.kit.errors import Failed
from moorage.operations import service as operations
from moorage.operations.models import Operation
from tests.instances.kills import kill_at_every_moment
from tests.instances.lives import everything, make_running, reload, rows
from tests.make.gate import Gate
from tests.make.instances import make_order, performing, restarted

pytestmark = pytest.mark.anyio

APP = "wordpress"


async def test_an_order_killed_at_any_moment_is_fulfilled_exactly_once(
    tools: Tools, engine: FakeEngine, gate: Gate, owner: User
) -> None:
    orders = 0

    async def act() -> Operation:
        nonlocal orders
        orders += 1
        return (await make_order(tools, owner=owner, blueprint=APP))[1]

    async def check(ended: Operation) -> None:
        assert (ended.status, ended.error) == ("succeeded", None)
        running = [one for one in engine.containers.values() if one.seen.status == "running"]
        assert len(running) == len(engine.containers) == len(engine.volumes) == 2 * orders
        assert len(engine.networks) == len(await rows(tools, OwnerNetwork)) == orders
        assert len(await rows(tools, PortReservation)) == 2 * orders

    moments = await kill_at_every_moment(tools, gate, act, check)

    assert moments > 15


async def test_a_failing_order_killed_at_any_moment_leaves_nothing(
    tools: Tools, engine: FakeEngine, gate: Gate, owner: User
) -> None:
    await make_running(tools, owner, blueprint="redis")  # images are there by now
    before = await everything(tools, engine)

    async def act() -> Operation:
        _, operation = await make_order(tools, owner=owner, blueprint=APP)
        for _ in range(20):
            engine.fail_next("get_container", Failed("The engine is on fire."))
        return operation

    async def check(ended: Operation) -> None:
        assert (ended.status, ended.error) == ("failed", "The engine is on fire.")
        assert await everything(tools, engine) == before

    moments = await kill_at_every_moment(tools, gate, act, check)

    assert moments > 20


async def test_a_removal_killed_at_any_moment_leaves_nothing(
    tools: Tools, engine: FakeEngine, gate: Gate, owner: User
) -> None:
    async def act() -> Operation:
        _, made = await make_order(tools, owner=owner, blueprint=APP)
        async with performing(restarted(tools)):
            await operations.wait(tools.db, made.id, timeout_s=10)
        async with tools.db.begin() as session:
            instance = await instances.get(session, made.subject)
            return await verbs.delete(session, instance, keep_data=False)

    async def check(ended: Operation) -> None:
        assert ended.status == "succeeded"
        assert await everything(tools, engine) == []

    moments = await kill_at_every_moment(tools, gate, act, check)

    assert moments > 5


@pytest.mark.parametrize(
    "moment", ["before build_image", "after create_container", "after start_container"]
)
async def test_a_half_installed_app_can_be_removed(
    tools: Tools, engine: FakeEngine, gate: Gate, owner: User, moment: str
) -> None:
    instance, made = await make_order(tools, owner=owner, blueprint=APP)
    gate.close(moment)
    async with performing(tools):
        await gate.reached.wait()
        async with tools.db.begin() as session:
            instance = await instances.get(session, instance.id)
            removal = await verbs.delete(session, instance, keep_data=False)
        gate.open()
        ended = [
            await operations.wait(tools.db, one, timeout_s=10) for one in (made.id, removal.id)
        ]

    assert [one.status for one in ended] == ["cancelled", "succeeded"]
    assert await everything(tools, engine) == []
    assert (await reload(tools, instance)).deleted_at is not None
