"""What machines were doing: written down every minute, forgotten after a week."""

from datetime import timedelta
from itertools import pairwise

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from moorage.inventory import samples
from moorage.inventory.fake import FakeSource
from moorage.inventory.machine import Gpu, Machine
from moorage.inventory.machines import Machines
from moorage.inventory.models import MachineSample
from moorage.kit.clock import now
from moorage.kit.db import Database

pytestmark = pytest.mark.anyio

GPUS = [Gpu("T4", 1, 1, 0.25), Gpu("T4", 1, 1, 0.75), Gpu("T4", 1, 1, None)]


def machine(id_: int, **more: object) -> Machine:
    """Return a machine that was measured."""
    usual = Machine(id_, f"m{id_}", "servers", "running", cpu=0.5, mem_used=7, gpus=GPUS)
    return replace(usual, **{"is_measured": True, "seen_at": now(), **more})


async def fill(db: Database, *ages: timedelta) -> None:
    """Write down samples of the machine 1 of those ages."""
    async with db.begin() as session:
        session.add_all(MachineSample(machine_id=1, at=now() - age) for age in ages)


async def kept(db: Database) -> list[MachineSample]:
    """Return all samples."""
    async with db.read() as session:
        return list(await session.scalars(select(MachineSample).order_by(MachineSample.at)))


async def test_what_is_measured_is_written_down(db: Database) -> None:
    await samples.sample(db, Machines([FakeSource(machine(1))]))

    [one] = await kept(db)
    assert (one.machine_id, one.cpu, one.mem_used, one.disk_used) == (1, 0.5, 7, None)
    assert one.gpu == 0.5


async def test_what_is_away_or_old_or_only_said_to_be_so_is_not(db: Database) -> None:
    old = now() - timedelta(minutes=2)
    found = [
        machine(1, status="unknown"),
        machine(2, is_measured=False),
        machine(3, seen_at=old),
        machine(4, gpus=()),
    ]

    await samples.sample(db, Machines([FakeSource(*found)]))

    assert [(one.machine_id, one.gpu) for one in await kept(db)] == [(4, None)]


async def test_what_is_older_than_a_week_is_forgotten(db: Database) -> None:
    await fill(db, timedelta(days=7, minutes=1), timedelta(days=6))

    await samples.sample(db, Machines([]))

    assert len(await kept(db)) == 1


async def test_the_last_hours_are_shown_oldest_first(db: Database) -> None:
    await fill(db, *(timedelta(minutes=minutes) for minutes in (5, 50, 70, 20)))

    async with db.read() as session:
        found = await samples.list_samples(session, 1, hours=1)
        other = await samples.list_samples(session, 2, hours=1)

    ages = [round((now() - one.at) / timedelta(minutes=1)) for one in found]
    assert (ages, other) == ([50, 20, 5], [])


async def test_of_a_week_every_seventh_minute_is_shown(db: Database) -> None:
    await fill(db, *(timedelta(minutes=minutes) for minutes in range(samples.KEPT_HOURS * 60)))

    async with db.read() as session:
        found = await samples.list_samples(session, 1, hours=samples.KEPT_HOURS)

    assert samples.MOST / 2 < len(found) <= samples.MOST
    assert now() - found[-1].at < timedelta(minutes=1)
    assert {(b.at - a.at) // timedelta(minutes=1) for a, b in pairwise(found)} <= {6, 7}
