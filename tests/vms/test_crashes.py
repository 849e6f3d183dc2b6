"""What is done with VMs, killed at any moment."""

import pytest

from moorage.identity.models import User
from moorage.instances.tools import Tools
from moorage.openstack.fake import NO_HOST, FakeCloud
from moorage.operations.models import Operation
from moorage.vms import service as vms
from tests.instances.kills import kill_at_every_moment
from tests.make.gate import Gate
from tests.vms.orders import make_caller, make_order, make_running

pytestmark = pytest.mark.anyio


async def test_an_order_killed_at_any_moment_makes_one_vm(
    tools: Tools, cloud: FakeCloud, gate: Gate, owner: User
) -> None:
    async def act() -> Operation:
        cloud.servers.clear()
        return await make_order(tools, owner, cloud)

    async def check(ended: Operation) -> None:
        assert ended.status == "succeeded", ended.error
        [server] = cloud.servers.values()
        assert (server.status, server.vm_id) == ("ACTIVE", ended.subject)
        assert vms.made(ended) == server

    moments = await kill_at_every_moment(tools, gate, act, check)

    assert moments > 5


@pytest.mark.parametrize("keep_failed", [False, True])
async def test_a_failed_order_killed_at_any_moment_leaves_what_was_asked_for(
    tools: Tools, cloud: FakeCloud, gate: Gate, owner: User, keep_failed: bool
) -> None:
    async def act() -> Operation:
        cloud.servers.clear()
        return await make_order(tools, owner, cloud, flavor=NO_HOST, keep_failed=keep_failed)

    async def check(ended: Operation) -> None:
        assert (ended.status, ended.error_kind) == ("failed", "OverQuota")
        assert [server.status for server in cloud.servers.values()] == ["ERROR"] * keep_failed

    moments = await kill_at_every_moment(tools, gate, act, check)

    assert moments > 5


async def test_a_removal_killed_at_any_moment_removes_that_vm_alone(
    tools: Tools, cloud: FakeCloud, gate: Gate, owner: User
) -> None:
    other = cloud.add("other")

    async def act() -> Operation:
        cloud.servers = {other.id: other}
        server = cloud.add("web-1", metadata={"moorage_vm": "vm_1", "moorage_owner": owner.id})
        async with tools.db.begin() as session:
            return await vms.delete(session, make_caller(owner), server)

    async def check(ended: Operation) -> None:
        assert ended.status == "succeeded", ended.error
        assert list(cloud.servers.values()) == [other]

    moments = await kill_at_every_moment(tools, gate, act, check)

    assert moments > 2


async def test_a_stop_killed_at_any_moment_stops_it(
    tools: Tools, cloud: FakeCloud, gate: Gate, owner: User
) -> None:
    running = await make_running(tools, owner, cloud)

    async def act() -> Operation:
        cloud.servers[running.id] = running
        async with tools.db.begin() as session:
            return await vms.stop(session, make_caller(owner), running)

    async def check(ended: Operation) -> None:
        assert ended.status == "succeeded", ended.error
        assert cloud.servers[running.id].status == "SHUTOFF"

    moments = await kill_at_every_moment(tools, gate, act, check)

    assert moments > 3
