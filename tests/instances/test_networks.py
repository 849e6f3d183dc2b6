"""One private network per owner: made with the first instance, gone with the last."""

import asyncio
from pathlib import Path

import pytest

from moorage.config import Settings
from moorage.engines.fake import FakeEngine
from moorage.identity.models import User
from moorage.instances import rules
from moorage.instances.networks import Networks
from moorage.instances.tools import Tools
from moorage.inventory import service as inventory
from moorage.kit.errors import Failed
from moorage.operations import service as operations
from tests.make.identity import make_user
from tests.make.instances import make_order, performing

pytestmark = pytest.mark.anyio


async def local_server(tools: Tools) -> str:
    """Return the id of the server `local`."""
    async with tools.db.read() as session:
        return (await inventory.choose_server(session, None)).id


async def test_owners_get_subnets_of_their_own(tools: Tools, engine: FakeEngine) -> None:
    server = await local_server(tools)

    for _ in range(3):
        user = await make_user(tools.db)
        await tools.networks.ensure(engine, tools.db.begin, server_id=server, owner_id=user.id)

    subnets = [network.subnet for network in engine.networks.values()]
    assert subnets == ["10.209.0.0/25", "10.209.0.128/25", "10.209.1.0/25"]


async def test_asked_for_at_once_it_is_made_once(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    server = await local_server(tools)

    names = await asyncio.gather(
        *(
            tools.networks.ensure(engine, tools.db.begin, server_id=server, owner_id=owner.id)
            for _ in range(5)
        )
    )

    assert set(names) == {rules.network_name(tools.installation, owner.id)}
    assert len(engine.networks) == 1


async def test_a_subnet_that_the_host_has_already_is_left_out(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    await engine.ensure_network("somebody-else", labels={}, subnet="10.209.0.0/24")

    await tools.networks.ensure(
        engine, tools.db.begin, server_id=await local_server(tools), owner_id=owner.id
    )

    assert [net.subnet for net in engine.networks.values()] == ["10.209.0.0/24", "10.209.1.0/25"]


async def test_a_pool_that_is_used_up_names_the_settings(
    tools: Tools, engine: FakeEngine, owner: User, tmp_path: Path
) -> None:
    small = Settings(data_dir=tmp_path, network_pool="10.0.0.0/24", network_prefix=24)
    networks = Networks(tools.installation, small, tools.db)
    server = await local_server(tools)
    await networks.ensure(engine, tools.db.begin, server_id=server, owner_id=owner.id)
    other = await make_user(tools.db)

    with pytest.raises(Failed, match="MOORAGE_NETWORK_POOL"):
        await networks.ensure(engine, tools.db.begin, server_id=server, owner_id=other.id)


async def test_orders_that_fail_at_once_leave_no_network(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    made = [await make_order(tools, owner=owner) for _ in range(4)]
    for _ in made:
        engine.fail_next("start_container", Failed("The engine is on fire."))

    async with performing(tools):
        ended = [await operations.wait(tools.db, one.id, timeout_s=10) for _, one in made]

    assert [one.status for one in ended] == ["failed"] * 4
    assert engine.networks == {}
