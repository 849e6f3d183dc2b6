"""What the tests of living instances do again and again."""

from typing import TypeVar

from sqlalchemy import select

from moorage.engines.fake import FakeEngine
from moorage.identity.models import User
from moorage.instances import service as instances
from moorage.instances.models import Instance
from moorage.instances.tools import Tools
from moorage.instances.watch import Watch
from moorage.inventory import service as inventory
from moorage.inventory.models import OwnerNetwork, PortReservation
from moorage.kit.db import Base
from moorage.operations import service as operations
from moorage.operations.models import Operation
from tests.make.instances import make_order, performing

Row = TypeVar("Row", bound=Base)


async def rows(tools: Tools, table: type[Row]) -> list[Row]:
    """Return all rows of a table."""
    async with tools.db.read() as session:
        return list(await session.scalars(select(table)))


async def make_running(tools: Tools, owner: User, *, blueprint: str = "redis") -> Instance:
    """Order an instance and have it made."""
    instance, _ = await make_order(tools, owner=owner, blueprint=blueprint)
    await work_off(tools, instance)
    return await reload(tools, instance)


async def reload(tools: Tools, instance: Instance) -> Instance:
    """Return the instance as it stands."""
    async with tools.db.read() as session:
        return await instances.get(session, instance.id)


async def history(tools: Tools, instance: Instance) -> list[Operation]:
    """Return the operations on an instance, the last one first."""
    async with tools.db.read() as session:
        found = await operations.list_own(session, owner_id=None, limit=50, subject=instance.id)
    return list(found)


async def work_off(tools: Tools, instance: Instance) -> list[Operation]:
    """Perform all that was asked of an instance, and return it, the last one first."""
    async with performing(tools):
        for one in await history(tools, instance):
            ended = await operations.wait(tools.db, one.id, timeout_s=10)
            assert ended.is_ended, ended.status
    return await history(tools, instance)


async def watch_over(tools: Tools) -> Watch:
    """Return the watch over the server `local`; it looks when it is told to."""
    async with tools.db.read() as session:
        [server] = await inventory.list_servers(session)
    return Watch(tools, server, tools.engines[server.name])


async def mended(tools: Tools, instance: Instance) -> Operation:
    """Look, and perform the mend that this leads to."""
    await (await watch_over(tools)).look()
    [mend, *_] = await work_off(tools, instance)
    assert (mend.kind, mend.status) == ("instance.mend", "succeeded"), mend.error
    return mend


async def everything(tools: Tools, engine: FakeEngine) -> list[str]:
    """Return the names of all that instances hold."""
    return [
        *engine.containers,
        *engine.volumes,
        *(network.name for network in engine.networks.values()),
        *(f"port {row.port}" for row in await rows(tools, PortReservation)),
        *(f"subnet {row.subnet}" for row in await rows(tools, OwnerNetwork)),
    ]
