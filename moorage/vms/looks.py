"""What a cloud has, as its callers may see it."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict

from moorage.identity.rules import Caller
from moorage.kit.db import Database
from moorage.kit.errors import Invalid
from moorage.openstack.port import (
    LONGEST_PAGE,
    Cloud,
    Flavor,
    Image,
    Kind,
    Network,
    Server,
    all_servers,
)
from moorage.vms import rules, service
from moorage.vms.rules import Order, Wanted


async def get(cloud: Cloud, kind: type[Kind], name_or_id: str) -> Kind:
    """Return an image, a flavor or a network. Raises NotFound, Conflict."""
    return rules.the_one(kind, await cloud.matching(kind, name_or_id), name_or_id)


async def page(
    cloud: Cloud, kind: type[Kind], *, limit: int, marker: str | None = None
) -> list[Kind]:
    """Return at most so many of a kind. Raises UnknownMarker."""
    return await cloud.page(kind, limit=min(limit, LONGEST_PAGE), marker=marker)


async def get_own(db: Database, cloud: Cloud, caller: Caller, name_or_id: str) -> Server:
    """Return a VM that the caller may see, by its id with the cloud or with us, or its name.

    Raises NotFound, Conflict.
    """
    found = await cloud.matching(Server, name_or_id)
    if not found and rules.is_order(name_or_id):
        found = await made_for(cloud, name_or_id) or await _ordered(db, caller, name_or_id)
    own = [server for server in found if rules.may_see(caller, server)]
    if not own:
        own = [server for server in await _all_ordered(db, caller) if server.name == name_or_id]
    return rules.the_one(Server, own, name_or_id)


async def page_own(
    db: Database, cloud: Cloud, caller: Caller, *, limit: int, marker: str | None = None
) -> list[Server]:
    """Return at most so many of the VMs that the caller may see.

    First come those that the cloud does not know yet. One that it gets to know from one page to
    the next may come again; none is left out. Raises UnknownMarker.
    """
    if marker is not None and rules.is_order(marker):
        ordered = [one for one in await _unknown(db, caller) if one.id < marker]
        known = [one for one in await all_servers(cloud) if one.vm_id != marker]
    else:
        ordered = await _unknown(db, caller) if marker is None else []
        known = await _known(cloud, caller, limit=limit, marker=marker)
    made = {one.vm_id for one in known}
    own = [one for one in known if rules.may_see(caller, one)]
    return [*(one for one in ordered if one.vm_id not in made), *own][:limit]


async def made_for(cloud: Cloud, vm_id: str) -> list[Server]:
    """Return what the cloud has made for an order of ours."""
    return [server for server in await all_servers(cloud) if server.vm_id == vm_id]


async def order(cloud: Cloud, wanted: Wanted, *, faults: Sequence[Invalid] = ()) -> Order:
    """Return the order for a VM. faults: what else is wrong with the request.

    Raises Invalid with all that is wrong, Conflict when a name fits several.
    """
    await cloud.check()  # who names nothing that the cloud could be asked for is told so too
    images, flavors, networks = await asyncio.gather(
        _matching(cloud, Image, wanted.image),
        _matching(cloud, Flavor, wanted.flavor),
        _matching(cloud, Network, wanted.network),
    )
    rules.check(wanted, {"image": images, "flavor": flavors, "network": networks}, faults)
    return Order(
        name=str(wanted.name),
        image=rules.the_one(Image, images, str(wanted.image)).id,
        flavor=asdict(rules.the_one(Flavor, flavors, str(wanted.flavor))),
        network=rules.the_one(Network, networks, str(wanted.network)).id,
        keep_failed=wanted.keep_failed,
    )


async def _matching(cloud: Cloud, kind: type[Kind], given: object) -> list[Kind]:
    return await cloud.matching(kind, given) if isinstance(given, str) and given else []


async def _known(cloud: Cloud, caller: Caller, *, limit: int, marker: str | None) -> list[Server]:
    """Return what the cloud has, at least so many that the caller may see, if there are."""
    if caller.is_admin:
        return await page(cloud, Server, limit=limit, marker=marker)
    return await all_servers(cloud, after=marker)


async def _unknown(db: Database, caller: Caller) -> list[Server]:
    """Return what the cloud has given no id yet, newest first."""
    return [one for one in await _all_ordered(db, caller) if rules.is_order(one.id)]


async def _all_ordered(db: Database, caller: Caller) -> list[Server]:
    async with db.read() as session:
        return await service.list_ordered(session, caller)


async def _ordered(db: Database, caller: Caller, vm_id: str) -> list[Server]:
    async with db.read() as session:
        found = await service.find_ordered(session, caller, vm_id)
    return [] if found is None else [found]
