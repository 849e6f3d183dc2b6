"""What an order writes down before anything is made."""

import asyncio

import pytest

from moorage.identity.models import User
from moorage.instances import service as instances
from moorage.instances import verbs
from moorage.instances.tools import Tools
from moorage.kit.errors import Conflict, Invalid, QuotaExceeded
from tests.make.identity import make_user
from tests.make.instances import make_order

pytestmark = pytest.mark.anyio


async def test_an_order_is_a_row_with_an_operation_and_a_port(tools: Tools, owner: User) -> None:
    instance, operation = await make_order(tools, owner=owner)

    assert (instance.number, instance.name, instance.status) == (1, "redis-1", "creating")
    assert instance.port == 3307
    assert (operation.kind, operation.subject) == ("instance.create", instance.id)
    assert operation.status == "queued"


async def test_credentials_are_sealed_in_the_row(tools: Tools, owner: User) -> None:
    instance, _ = await make_order(tools, owner=owner)

    password = instances.settled(tools, instance).secrets["--requirepass"]
    assert password not in instance.secrets_sealed
    assert len(password) == 32


async def test_a_default_name_that_is_taken_gets_an_ending(tools: Tools, owner: User) -> None:
    await make_order(tools, owner=owner, name="redis-2")

    instance, _ = await make_order(tools, owner=owner)

    assert instance.number == 2
    assert instance.name.startswith("redis-2-")


async def test_a_name_taken_twice_at_once_is_given_once(tools: Tools, owner: User) -> None:
    orders = (make_order(tools, owner=owner, name="cache") for _ in range(5))

    results = await asyncio.gather(*orders, return_exceptions=True)

    assert sorted(isinstance(result, Conflict) for result in results) == [False] + [True] * 4


async def test_orders_at_once_do_not_exceed_the_quota(tools: Tools, owner: User) -> None:
    async with tools.db.begin() as session:
        row = await session.get(User, owner.number)
        assert row is not None
        row.quota_instances = 3
    orders = (make_order(tools, owner=owner) for _ in range(8))

    results = await asyncio.gather(*orders, return_exceptions=True)

    refused = [result for result in results if isinstance(result, QuotaExceeded)]
    assert len(refused) == 5
    assert {(one.in_use, one.reserved, one.limit) for one in refused} == {(0, 3, 3)}


async def test_a_refused_order_leaves_no_row(tools: Tools, owner: User) -> None:
    with pytest.raises(Invalid, match="no such blueprint"):
        await make_order(tools, owner=owner, blueprint="oracle")

    async with tools.db.read() as session:
        assert await instances.count(session) == {}


async def test_a_second_removal_joins_the_first(tools: Tools, owner: User) -> None:
    instance, _ = await make_order(tools, owner=owner)

    async with tools.db.begin() as session:
        first = await verbs.delete(session, instance, keep_data=False)
        second = await verbs.delete(session, instance, keep_data=False)

    assert first.id == second.id


async def test_instances_are_counted_by_blueprint_and_status(tools: Tools) -> None:
    for blueprint in ("redis", "mysql", "redis"):
        await make_order(tools, owner=await make_user(tools.db), blueprint=blueprint)

    async with tools.db.read() as session:
        assert await instances.count(session) == {
            ("mysql", "creating"): 1,
            ("redis", "creating"): 2,
        }
