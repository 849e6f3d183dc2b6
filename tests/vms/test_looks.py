"""What callers see of VMs that are ordered, before the cloud knows them."""

import pytest

from moorage.identity.models import User
from moorage.instances.tools import Tools
from moorage.kit.errors import Conflict, NotFound
from moorage.openstack.fake import FakeCloud
from moorage.vms import looks
from moorage.vms import service as vms
from tests.make.cloud import make_vm
from tests.make.identity import make_user
from tests.vms.orders import make_caller, make_order, worked_off

pytestmark = pytest.mark.anyio


async def test_an_order_is_listed_before_what_the_cloud_has_and_once(
    tools: Tools, cloud: FakeCloud, owner: User
) -> None:
    make_vm(cloud, "old", owner=owner)
    admin = await make_user(tools.db, role="admin")
    first, second = [await make_order(tools, owner, cloud, name=name) for name in ("a", "b")]
    cloud.add("a", metadata={"moorage_vm": first.subject, "moorage_owner": owner.id})

    for user in (owner, admin):
        seen = await looks.page_own(tools.db, cloud, make_caller(user), limit=9)

        assert [(one.name, one.status) for one in seen] == [
            ("b", "BUILD"),
            ("a", "ACTIVE"),
            ("old", "ACTIVE"),
        ]
        assert seen[0].id == second.subject


async def test_others_do_not_see_an_order(tools: Tools, cloud: FakeCloud, owner: User) -> None:
    await make_order(tools, owner, cloud)
    other = make_caller(await make_user(tools.db))

    assert await looks.page_own(tools.db, cloud, other, limit=9) == []
    with pytest.raises(NotFound):
        await looks.get_own(tools.db, cloud, other, "web-1")


async def test_pages_that_end_within_the_orders_miss_nothing_and_repeat_nothing(
    tools: Tools, cloud: FakeCloud, owner: User
) -> None:
    cloud.quotas.clear()
    admin = await make_user(tools.db, role="admin")
    for user in (owner, admin):
        make_vm(cloud, "old", owner=owner)
        asked = [await make_order(tools, owner, cloud, name=name) for name in "abc"]
        caller = make_caller(user)

        [newest] = await looks.page_own(tools.db, cloud, caller, limit=1)
        await worked_off(tools, *asked[1:])
        rest = await looks.page_own(tools.db, cloud, caller, limit=9, marker=newest.id)

        assert newest.name == "c"
        assert [one.name for one in rest] == ["b", "a", "old"]
        cloud.servers.clear()


async def test_a_vm_that_the_cloud_knows_before_an_older_one_is_on_one_of_the_pages(
    tools: Tools, cloud: FakeCloud, owner: User
) -> None:
    make_vm(cloud, "old", owner=owner)
    admin = await make_user(tools.db, role="admin")
    _, newer = [await make_order(tools, owner, cloud, name=name) for name in ("a", "b")]
    cloud.add("b", metadata={"moorage_vm": newer.subject, "moorage_owner": owner.id})

    for user in (owner, admin):
        assert await names_on_pages_of_one(tools, cloud, user) == ["a", "b", "old"]


async def test_a_vm_that_the_cloud_gets_to_know_between_two_pages_comes_again_at_most(
    tools: Tools, cloud: FakeCloud, owner: User
) -> None:
    cloud.quotas.clear()
    asked = [await make_order(tools, owner, cloud, name=name) for name in "abc"]
    caller = make_caller(owner)

    first = await looks.page_own(tools.db, cloud, caller, limit=2)
    await worked_off(tools, *asked)
    rest = await looks.page_own(tools.db, cloud, caller, limit=9, marker=first[-1].id)

    assert [one.name for one in first] == ["c", "b"]
    assert {one.name for one in rest} == {"c", "a"}


async def test_an_administrators_page_is_one_page_of_the_cloud_also_while_vms_are_made(
    tools: Tools, cloud: FakeCloud, owner: User
) -> None:
    caller = make_caller(await make_user(tools.db, role="admin"))
    await make_order(tools, owner, cloud)
    cloud.seen.clear()

    await looks.page_own(tools.db, cloud, caller, limit=9)

    assert cloud.seen == ["page of 9 Server"]


async def test_a_vm_is_removed_by_its_name_as_soon_as_it_is_ordered(
    tools: Tools, cloud: FakeCloud, owner: User
) -> None:
    asked = await make_order(tools, owner, cloud, name="fresh")
    caller = make_caller(owner)

    server = await looks.get_own(tools.db, cloud, caller, "fresh")
    async with tools.db.begin() as session:
        removal = await vms.delete(session, caller, server)
    await worked_off(tools, asked, removal)

    assert server.id == asked.subject
    assert cloud.servers == {}
    assert await looks.page_own(tools.db, cloud, caller, limit=9) == []


async def test_two_orders_of_a_name_are_told_apart_by_their_ids(
    tools: Tools, cloud: FakeCloud, owner: User
) -> None:
    for _ in range(2):
        await make_order(tools, owner, cloud)

    with pytest.raises(Conflict, match="2 have the name 'web-1'"):
        await looks.get_own(tools.db, cloud, make_caller(owner), "web-1")


async def names_on_pages_of_one(tools: Tools, cloud: FakeCloud, user: User) -> list[str]:
    """Return the names of the VMs that a user sees, one page after the other."""
    names: list[str] = []
    marker = None
    while some := await looks.page_own(tools.db, cloud, make_caller(user), limit=1, marker=marker):
        names.append(some[0].name)
        marker = some[0].id
    return names
