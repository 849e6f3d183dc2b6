"""VMs of a cloud as machines."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from tests.make.cloud import make_vm
from tests.make.world import Person, World

pytestmark = pytest.mark.anyio

Json = dict[str, Any]  # Any: JSON


async def told(person: Person) -> list[Json]:
    """Return the VMs that somebody is told of."""
    found: Json = (await person.http.get("/api/info", params={"source": "openstack"})).json()
    vms: list[Json] = found["data"]
    return vms


async def names(person: Person) -> list[str]:
    """Return the names of those, as the plain list has them too."""
    everything = (await person.http.get("/api/info")).json()["data"]
    plain = [one["name"] for one in everything if one["source"] == "openstack"]
    assert plain == [one["name"] for one in await told(person)]
    return plain


async def known(admin: Person, number: int) -> list[Json]:
    """Return the VMs once there are so many; a look may have begun before they were made."""
    async with asyncio.timeout(10):
        while len(found := await told(admin)) < number:
            pass
    return found


async def test_a_vm_is_a_machine_of_whoever_made_it(
    world: World, anna: Person, admin: Person
) -> None:
    ben = await world.person("ben")
    make_vm(world.cloud, "hers", owner=anna.user)
    make_vm(world.cloud, "nobodys")

    await known(admin, 2)

    assert (await names(anna), await names(ben)) == (["hers"], [])
    assert sorted(await names(admin)) == ["hers", "nobodys"]


async def test_an_administrator_lets_others_see_a_vm(world: World, admin: Person) -> None:
    ben = await world.person("ben")
    make_vm(world.cloud, "nobodys")
    [vm] = await known(admin, 1)

    changed = await admin.http.patch(f"/v1/machines/{vm['id']}", json={"assigned_to": ["ben"]})

    assert changed.status_code == 200, changed.text
    assert await names(ben) == ["nobodys"]


async def test_a_vm_has_the_size_of_its_flavor(world: World, admin: Person) -> None:
    make_vm(world.cloud)

    [vm] = await known(admin, 1)

    assert vm["id"] >= 1_000_000_000
    assert (vm["cpus"], vm["mem"], vm["maxdisk"]) == (1, 512 << 20, 1 << 30)
    assert (vm["status"], vm["GPU"]) == ("running", "")


@pytest.mark.parametrize("versions", [(6, 4), (4, 6), (6,)])
async def test_the_address_of_a_vm_is_of_ipv4(
    world: World, admin: Person, versions: tuple[int, ...]
) -> None:
    told = {4: {"addr": "10.0.0.9", "version": 4}, 6: {"addr": "fd00::9", "version": 6}}
    server = make_vm(world.cloud)
    network = {"private": [told[version] for version in versions]}
    world.cloud.servers[server.id] = replace(server, addresses=network)

    [vm] = await known(admin, 1)

    assert vm["ip"] == ("10.0.0.9" if 4 in versions else "")
