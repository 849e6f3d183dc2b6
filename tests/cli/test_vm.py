"""`moor vm`."""

import json

import pytest

from tests.cli.conftest import Shell
from tests.make.world import World

pytestmark = pytest.mark.anyio

PARTS = ("--image", "cirros", "--flavor", "m1.tiny", "--network", "private")


async def test_a_vm_is_made_listed_shown_changed_and_removed(world: World, anna: Shell) -> None:
    created = await anna.moor("vm", "create", "web-1", *PARTS)
    listed = await anna.moor("vm", "ls")
    shown = await anna.moor("vm", "show", "web-1")
    changed = [await anna.moor("vm", verb, "web-1") for verb in ("stop", "start", "reboot")]
    removed = await anna.moor("vm", "delete", "web-1", "--yes")
    none = await anna.moor("vm", "ls")

    assert created.text.endswith(": vm.create succeeded\n")
    assert listed.text.split()[:4:3] == ["NAME", "web-1"]
    assert listed.text.split()[-1] == "ACTIVE"
    assert {"flavor: m1.tiny", "addresses: 198.51.100.7"} <= set(shown.text.splitlines())
    assert [told.error for told in changed] == [None] * 3
    assert removed.text.endswith(": vm.delete succeeded\n")
    assert none.text == "There are none yet.\n"
    assert world.cloud.servers == {}


async def test_what_the_cloud_has_is_listed(world: World, anna: Shell) -> None:
    world.cloud.quotas = {"instances": 3}

    flavors = await anna.moor("vm", "flavor")
    images = await anna.moor("vm", "image", "--json")
    networks = await anna.moor("vm", "network")
    limits = await anna.moor("vm", "limits")

    assert flavors.text.splitlines()[1].split() == ["m1.tiny", "1", "1", "512", "1"]
    assert json.loads(images.text)[0]["name"] == "cirros"
    assert networks.text.splitlines()[1].split()[0] == "private"
    assert "maxTotalInstances: 3" in limits.text.splitlines()


async def test_what_the_cloud_refuses_is_the_error_of_the_command(
    world: World, anna: Shell
) -> None:
    world.cloud.quotas = {"instances": 0}

    told = await anna.moor("vm", "create", "web-1", *PARTS)

    assert told.error is not None
    assert "Quota exceeded for instances" in told.error
