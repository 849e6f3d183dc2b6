"""Orders of VMs, and callers."""

from moorage.identity.models import User
from moorage.identity.rules import Caller
from moorage.instances.tools import Tools
from moorage.openstack.fake import FakeCloud
from moorage.openstack.port import Server
from moorage.operations import service as operations
from moorage.operations.models import Operation
from moorage.vms import looks
from moorage.vms import service as vms
from moorage.vms.rules import Wanted
from tests.make.instances import performing


def make_caller(user: User) -> Caller:
    """Return the user as a caller who may do what the user may."""
    return Caller(user.id, user.username, user.role, frozenset({"read", "write"}))


async def make_order(
    tools: Tools, owner: User, cloud: FakeCloud, *, name: str = "web-1", **more: object
) -> Operation:
    """Order a VM; nothing happens before a runner performs it."""
    parts = {"image": "cirros", "flavor": "m1.tiny", "network": "private", **more}
    order = await looks.order(cloud, Wanted(name=name, **parts))  # type: ignore[arg-type]  # bool
    async with tools.db.begin() as session:
        return await vms.create(session, owner_id=owner.id, order=order)


async def make_running(tools: Tools, owner: User, cloud: FakeCloud) -> Server:
    """Return a VM that was ordered and runs."""
    await worked_off(tools, await make_order(tools, owner, cloud))
    [server] = cloud.servers.values()
    return server


async def worked_off(tools: Tools, *asked: Operation) -> list[Operation]:
    """Perform operations and return them as they ended."""
    async with performing(tools):
        return [await operations.wait(tools.db, one.id, timeout_s=10) for one in asked]
