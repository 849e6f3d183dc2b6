"""What becomes of orders, without HTTP: quotas, cancelling, trying again, requests cut off."""

import asyncio

import pytest

from moorage.identity.models import User
from moorage.instances.tools import Tools
from moorage.openstack.fake import NO_HOST, FakeCloud
from moorage.openstack.port import OverQuota
from moorage.operations import service as operations
from moorage.vms import looks
from moorage.vms import service as vms
from tests.make.gate import Gate
from tests.make.instances import performing
from tests.vms.orders import make_caller, make_order, make_running, worked_off

pytestmark = pytest.mark.anyio


async def test_of_eight_orders_at_once_three_run_where_there_may_be_three(
    tools: Tools, cloud: FakeCloud, owner: User
) -> None:
    asked = [await make_order(tools, owner, cloud, name=f"web-{n}") for n in range(8)]

    ended = await worked_off(tools, *asked)

    assert [one.status for one in ended].count("succeeded") == 3
    refused = [vms.failure(one) for one in ended if one.has_failed]
    assert {type(one) for one in refused} == {OverQuota}
    assert {one.message for one in refused} == {
        "Quota exceeded for instances: Requested 1, but already used 3 of 3 instances"
    }
    assert [server.status for server in cloud.servers.values()] == ["ACTIVE"] * 3


async def test_what_a_request_that_was_cut_off_has_made_is_found_even_late(
    tools: Tools, cloud: FakeCloud, gate: Gate, owner: User
) -> None:
    cloud.settles_s = 5
    asked = await make_order(tools, owner, cloud)
    gate.close("before create")
    async with performing(tools):
        await gate.reached.wait()
    gate.closed_at = None

    async with performing(tools):
        async with asyncio.timeout(10):
            while cloud.seen[-1] != "page Server":
                await asyncio.sleep(0)
        late = cloud.add("web-1", metadata={"moorage_vm": asked.subject})
        ended = await operations.wait(tools.db, asked.id, timeout_s=10)

    assert (ended.status, vms.made(ended).id) == ("succeeded", late.id)
    assert list(cloud.servers) == [late.id]


async def test_an_order_that_is_cancelled_leaves_nothing(
    tools: Tools, cloud: FakeCloud, gate: Gate, owner: User
) -> None:
    asked = await make_order(tools, owner, cloud)
    gate.close("after create")

    async with performing(tools):
        await gate.reached.wait()
        async with tools.db.begin() as session:
            await operations.cancel(session, asked)
        gate.open()
        ended = await operations.wait(tools.db, asked.id, timeout_s=10)

    assert ended.status == "cancelled"
    assert cloud.servers == {}


async def test_a_vm_that_is_still_being_made_can_be_removed(
    tools: Tools, cloud: FakeCloud, gate: Gate, owner: User
) -> None:
    asked = await make_order(tools, owner, cloud)
    caller = make_caller(owner)
    gate.close("after create")

    async with performing(tools):
        await gate.reached.wait()
        gate.closed_at = None
        [server] = cloud.servers.values()
        async with tools.db.begin() as session:
            removal = await vms.delete(session, caller, server)
            again = await vms.delete(session, caller, server)
        gate.open()
        order = await operations.wait(tools.db, asked.id, timeout_s=10)
        ended = await operations.wait(tools.db, removal.id, timeout_s=10)

    assert (order.status, ended.status, again.id) == ("cancelled", "succeeded", removal.id)
    assert cloud.servers == {}


async def test_an_order_that_no_request_has_reached_the_cloud_for_can_be_removed(
    tools: Tools, cloud: FakeCloud, owner: User
) -> None:
    asked = await make_order(tools, owner, cloud)
    caller = make_caller(owner)

    server = await looks.get_own(tools.db, cloud, caller, asked.subject)
    async with tools.db.begin() as session:
        removal = await vms.delete(session, caller, server)
    order, ended = await worked_off(tools, asked, removal)

    assert (server.id, server.status, server.name) == (asked.subject, "BUILD", "web-1")
    assert (order.status, ended.status) == ("cancelled", "succeeded")
    assert cloud.servers == {}


async def test_what_is_asked_of_an_order_is_done_with_its_vm(
    tools: Tools, cloud: FakeCloud, owner: User
) -> None:
    asked = await make_order(tools, owner, cloud)
    caller = make_caller(owner)

    ordered = await looks.get_own(tools.db, cloud, caller, asked.subject)
    async with tools.db.begin() as session:
        stop = await vms.stop(session, caller, ordered)
    ended = await worked_off(tools, asked, stop)

    assert [one.status for one in ended] == ["succeeded"] * 2
    assert [server.status for server in cloud.servers.values()] == ["SHUTOFF"]


async def test_a_failed_order_that_is_tried_again_makes_one_vm(
    tools: Tools, cloud: FakeCloud, owner: User
) -> None:
    cloud.quotas = {"instances": 0}
    [failed] = await worked_off(tools, await make_order(tools, owner, cloud))
    cloud.quotas = {}

    async with tools.db.begin() as session:
        await operations.retry(session, failed)
    [ended] = await worked_off(tools, failed)

    assert ended.status == "succeeded"
    [server] = cloud.servers.values()
    assert server.vm_id == failed.subject


async def test_a_cloud_that_is_down_for_a_moment_is_asked_again(
    tools: Tools, cloud: FakeCloud, owner: User
) -> None:
    asked = await make_order(tools, owner, cloud)
    cloud.down = True

    async with performing(tools):
        async with asyncio.timeout(10):
            while "create" not in cloud.seen:
                await asyncio.sleep(0)
        cloud.down = False
        ended = await operations.wait(tools.db, asked.id, timeout_s=10)

    assert ended.status == "succeeded"
    assert len(cloud.servers) == 1


async def test_what_runs_already_is_not_started(
    tools: Tools, cloud: FakeCloud, owner: User
) -> None:
    running = await make_running(tools, owner, cloud)

    async with tools.db.begin() as session:
        asked = await vms.start(session, make_caller(owner), running)
    [ended] = await worked_off(tools, asked)

    assert ended.status == "succeeded"
    assert "start" not in cloud.seen


async def test_a_vm_in_error_cannot_be_started_and_says_why(
    tools: Tools, cloud: FakeCloud, owner: User
) -> None:
    order = await make_order(tools, owner, cloud, flavor=NO_HOST, keep_failed=True)
    await worked_off(tools, order)
    [server] = cloud.servers.values()

    async with tools.db.begin() as session:
        asked = await vms.start(session, make_caller(owner), server)
    [ended] = await worked_off(tools, asked)

    assert (ended.status, ended.error_kind) == ("failed", "Conflict")
    assert ended.error is not None
    assert "while it is in vm_state error" in ended.error
