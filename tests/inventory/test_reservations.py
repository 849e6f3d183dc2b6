"""Servers, and the ports and subnets that are handed out on them."""

import asyncio

import pytest

from moorage.inventory import service as inventory
from moorage.kit.db import Database
from moorage.kit.errors import Invalid, Unavailable

pytestmark = pytest.mark.anyio

SETTING = "MOORAGE_DATABASE_PORTS"


@pytest.fixture
async def server(db: Database) -> str:
    """Give the id of the server `local`."""
    async with db.begin() as session:
        await inventory.register_installation(session)
        return (await inventory.choose_server(session, None)).id


async def reserve(
    db: Database,
    server: str,
    instance: str,
    offered: range,
    *,
    avoid: tuple[int, ...] = (),
    held: tuple[int, ...] = (),
) -> int:
    async def is_free(port: int) -> bool:
        return port not in held

    async with db.begin() as session:
        return await inventory.reserve_port(
            session,
            server_id=server,
            instance_id=instance,
            offered=offered,
            setting=SETTING,
            avoid=avoid,
            is_free=is_free,
        )


async def subnet(db: Database, server: str, owner: str, *avoid: str) -> str:
    async with db.begin() as session:
        return await inventory.reserve_subnet(
            session,
            server_id=server,
            owner_id=owner,
            pool="10.0.0.0/24",
            prefix=26,
            avoid=avoid,
        )


async def test_an_installation_keeps_its_id_and_its_server(db: Database) -> None:
    ids = set()
    for _ in range(2):
        async with db.begin() as session:
            ids.add(await inventory.register_installation(session))

    async with db.read() as session:
        servers = await inventory.list_servers(session)
    assert len(ids) == 1
    assert [one.name for one in servers] == ["local"]


async def test_a_server_is_chosen_by_its_name(db: Database, server: str) -> None:
    async with db.read() as session:
        assert (await inventory.choose_server(session, "local")).id == server
        assert (await inventory.get_server(session, server)).name == "local"


async def test_an_unknown_server_is_refused_with_those_there_are(db: Database, server: str) -> None:
    async with db.read() as session:
        with pytest.raises(Invalid, match="choose one of: local"):
            await inventory.choose_server(session, "moon")


async def test_ports_are_handed_out_lowest_first(db: Database, server: str) -> None:
    ports = [await reserve(db, server, f"ins_{number}", range(4000, 4010)) for number in range(3)]

    assert ports == [4000, 4001, 4002]


async def test_orders_at_once_get_ports_of_their_own(db: Database, server: str) -> None:
    offered = range(4000, 4040)

    ports = await asyncio.gather(
        *(reserve(db, server, f"ins_{number}", offered) for number in range(40))
    )

    assert sorted(ports) == list(offered)


async def test_a_port_that_was_given_back_is_handed_out_again(db: Database, server: str) -> None:
    offered = range(4000, 4002)
    await reserve(db, server, "ins_a", offered)
    await reserve(db, server, "ins_b", offered)

    async with db.begin() as session:
        await inventory.release_ports(session, instance_id="ins_a")

    assert await reserve(db, server, "ins_c", offered) == 4000


async def test_a_port_to_avoid_or_that_is_held_is_left_out(db: Database, server: str) -> None:
    offered = range(4000, 4003)

    assert await reserve(db, server, "ins_a", offered, avoid=(4000,), held=(4001,)) == 4002
    assert await reserve(db, server, "ins_b", offered) == 4000


async def test_a_full_port_range_is_refused_with_the_setting_to_change(
    db: Database, server: str
) -> None:
    await reserve(db, server, "ins_a", range(4000, 4001))

    with pytest.raises(Unavailable, match=rf"4000-4000 .* {SETTING}"):
        await reserve(db, server, "ins_b", range(4000, 4001))


async def test_an_owner_keeps_its_subnet_until_it_is_given_back(db: Database, server: str) -> None:
    first = await subnet(db, server, "usr_a")
    other = await subnet(db, server, "usr_b")
    again = await subnet(db, server, "usr_a")

    async with db.begin() as session:
        await inventory.release_subnet(session, server_id=server, owner_id="usr_a")

    assert (first, other, again) == ("10.0.0.0/26", "10.0.0.64/26", "10.0.0.0/26")
    assert await subnet(db, server, "usr_c") == "10.0.0.0/26"


async def test_a_subnet_to_avoid_is_exchanged(db: Database, server: str) -> None:
    first = await subnet(db, server, "usr_a")

    assert await subnet(db, server, "usr_a", first) == "10.0.0.64/26"


async def test_owners_at_once_get_subnets_of_their_own(db: Database, server: str) -> None:
    subnets = await asyncio.gather(*(subnet(db, server, f"usr_{letter}") for letter in "abcd"))

    assert len(set(subnets)) == 4
    with pytest.raises(Unavailable, match="MOORAGE_NETWORK_PREFIX"):
        await subnet(db, server, "usr_e")
