"""All machines: merged from their sources, of which none can hold up or hide the others."""

import asyncio
import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from moorage.config import Settings
from moorage.inventory import service as inventory
from moorage.inventory.fake import FakeHost, FakeSource
from moorage.inventory.host import ROOT, Host, Measured
from moorage.inventory.machine import FIRST_GIVEN_ID, Machine, Wanted
from moorage.inventory.machines import Machines
from moorage.inventory.models import Server
from moorage.inventory.servers import ManagedServers
from moorage.kit.clock import now
from moorage.kit.db import Database
from moorage.world import make_hosts

pytestmark = pytest.mark.anyio

ADDRESS = FakeHost().facts.ip


class Hanging(Host):
    """A machine that never answers."""

    async def measure(self, folder: Path = ROOT) -> Measured:
        """See the port."""
        await asyncio.Event().wait()
        raise AssertionError


class Late(Host):
    """A machine that has answered a while ago."""

    async def measure(self, folder: Path = ROOT) -> Measured:
        """See the port."""
        return dataclasses.replace(FakeHost().facts, at=now() - timedelta(minutes=1))


@pytest.fixture
async def server(db: Database) -> str:
    """Give the id of the server `local`."""
    async with db.begin() as session:
        await inventory.register_installation(session)
        return (await inventory.choose_server(session, None)).id


def machine(id_: int, **more: object) -> Machine:
    """Return a machine of a file."""
    return replace(Machine(id_, f"m{id_}", "files", ip=f"10.0.0.{id_}"), **more)


async def names(machines: Machines) -> list[str]:
    """Return the names of all machines."""
    return [one.name for one in await machines.all()]


async def test_machines_are_in_the_order_of_their_ids() -> None:
    assert await names(Machines([FakeSource(machine(3), machine(1)), FakeSource(machine(2))])) == [
        "m1",
        "m2",
        "m3",
    ]


async def test_a_server_is_a_machine_with_live_facts(db: Database, server: str) -> None:
    host = FakeHost()

    [one] = await Machines([ManagedServers(db, {"local": host})]).all()

    assert (one.id, one.name, one.source) == (FIRST_GIVEN_ID + 1, "local", "servers")
    assert (one.status, one.ip, one.cpus) == ("running", ADDRESS, 4)
    assert (one.mem, one.cpu, one.uptime) == (16 << 30, 0.25, 3600)
    assert one.seen_at


async def test_a_server_keeps_its_id_in_all_processes(db: Database, server: str) -> None:
    processes = [Machines([ManagedServers(db, {"local": FakeHost()})]) for _ in range(4)]

    found = await asyncio.gather(*(one.all() for one in processes))
    async with db.begin() as session:
        session.add(Server(name="a-new-one"))
    later = await Machines([ManagedServers(db, {})]).all()

    assert {one.id for [one] in found} == {FIRST_GIVEN_ID + 1}
    assert [(one.id, one.name) for one in later] == [
        (FIRST_GIVEN_ID + 1, "local"),
        (FIRST_GIVEN_ID + 2, "a-new-one"),
    ]


async def test_a_server_that_cannot_be_reached_is_unknown_with_its_last_facts(
    db: Database, server: str
) -> None:
    host = FakeHost()
    source = ManagedServers(db, {"local": host})
    [before] = await source.look()
    host.away = True

    [after] = await source.look()

    assert (after.status, after.problem) == ("unknown", "The machine does not answer.")
    assert (after.cpus, after.seen_at) == (before.cpus, before.seen_at)


async def test_a_server_that_has_not_answered_for_a_while_is_unknown(
    db: Database, server: str
) -> None:
    [one] = await ManagedServers(db, {"local": Late()}).look()

    assert (one.status, one.cpus) == ("unknown", 4)


async def test_a_server_that_was_never_reached_is_unknown(db: Database, server: str) -> None:
    [one] = await ManagedServers(db, {}).look()

    assert (one.status, one.cpus, one.seen_at) == ("unknown", 0, None)


@pytest.mark.parametrize(
    ("engine", "names"),
    [("unix:///var/run/docker.sock", {"local"}), ("tcp://192.0.2.7:2376", set())],
)
def test_only_the_machine_that_we_run_on_can_be_looked_at(
    tmp_path: Path, engine: str, names: set[str]
) -> None:
    hosts = make_hosts(Settings(data_dir=tmp_path, docker_host=engine))

    assert hosts.keys() == names


async def test_a_server_that_hangs_holds_up_no_other(db: Database, server: str) -> None:
    async with db.begin() as session:
        session.add(Server(name="stuck"))
    machines = Machines([ManagedServers(db, {"local": FakeHost(), "stuck": Hanging()})])

    async with asyncio.timeout(5):
        found = {one.name: one.status for one in await machines.all()}

    assert found == {"local": "running", "stuck": "unknown"}
    await machines.close()


async def test_a_source_that_hangs_holds_up_no_other_and_is_told_of_later() -> None:
    slow, quick = FakeSource(machine(1)), FakeSource(machine(2))
    slow.answers.clear()
    machines = Machines([slow, quick])

    async with asyncio.timeout(5):
        first = await names(machines)
    slow.answers.set()

    assert (first, await names(machines)) == (["m2"], ["m1", "m2"])


async def test_a_source_that_fails_keeps_its_machines_and_says_why() -> None:
    source, other = FakeSource(machine(1)), FakeSource(machine(2))
    machines = Machines([source, other])
    await machines.all()

    source.away = True

    assert await names(machines) == ["m1", "m2"]
    assert machines.problem() == "The source does not answer."


async def test_a_machine_in_a_file_and_a_server_with_its_address_are_one(
    db: Database, server: str
) -> None:
    ours = machine(7, ip=ADDRESS, status="stopped", labels={"room": "3"}, other={"rack": 1})
    machines = Machines([FakeSource(ours), ManagedServers(db, {"local": FakeHost()})])

    [one] = await machines.all()

    assert (one.id, one.name, one.source) == (7, "m7", "files")
    assert (one.labels, one.other) == ({"room": "3"}, {"rack": 1})
    assert (one.status, one.cpus, one.is_measured) == ("running", 4, True)


async def test_of_two_rows_with_one_address_the_first_is_the_server(
    db: Database, server: str
) -> None:
    rows = FakeSource(machine(7, ip=ADDRESS), machine(8, ip=ADDRESS))

    found = await Machines([rows, ManagedServers(db, {"local": FakeHost()})]).all()

    assert [(one.id, one.is_measured) for one in found] == [(7, True), (8, False)]


async def test_a_server_of_which_nothing_is_known_takes_nothing_from_a_file(
    db: Database, server: str
) -> None:
    [one, local] = await Machines([FakeSource(machine(7, cpus=9)), ManagedServers(db, {})]).all()

    assert (one.cpus, local.name) == (9, "local")


async def test_a_vm_with_the_address_of_another_machine_is_a_machine_of_its_own(
    db: Database, server: str
) -> None:
    row, vm, own = [replace(machine(id_), ip=ADDRESS) for id_ in (7, 8, 9)]
    vms = [replace(one, source="openstack", owner_id="usr_1") for one in (vm, own)]
    servers = ManagedServers(db, {"local": FakeHost()})

    found = await Machines([FakeSource(row), servers, FakeSource(*vms)]).all()

    assert [(one.id, one.source, one.owner_id) for one in found] == [
        (7, "files", None),
        (8, "openstack", "usr_1"),
        (9, "openstack", "usr_1"),
    ]


async def test_machines_without_an_address_are_several(db: Database, server: str) -> None:
    host = FakeHost()
    host.facts = dataclasses.replace(host.facts, ip="")
    servers = ManagedServers(db, {"local": host})

    found = await Machines([FakeSource(machine(7, ip="")), servers]).all()

    assert [(one.name, one.source) for one in found] == [("m7", "files"), ("local", "servers")]


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (Wanted(), [1, 2, 3]),
        (Wanted(status="stopped"), [2]),
        (Wanted(gpu="rtx"), [1, 2]),
        (Wanted(gpu="RTX4090"), [1]),
        (Wanted(source="servers"), []),
        (Wanted(label="room"), [1, 2]),
        (Wanted(label="room=3"), [1]),
        (Wanted(label="room="), []),
        (Wanted(label="3"), []),
        (Wanted(gpu="rtx", label="room=4", status="stopped"), [2]),
    ],
)
def test_only_wanted_machines_are_chosen(wanted: Wanted, ids: list[int]) -> None:
    machines = [
        machine(1, gpu="NVIDIA RTX4090", labels={"room": "3"}),
        machine(2, gpu="NVIDIA RTX3090", labels={"room": "4"}, status="stopped"),
        machine(3),
    ]

    assert [one.id for one in wanted.among(machines)] == ids
