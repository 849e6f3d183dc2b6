"""What machines were doing: a sample a minute, for a week."""

import math
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from moorage.inventory.machine import Machine
from moorage.inventory.machines import Machines
from moorage.inventory.models import MachineSample
from moorage.kit.clock import now
from moorage.kit.db import Database, Session

EVERY_S = 60
KEPT_HOURS = 7 * 24
MOST = 1440  # that are shown at once: every minute of a day


async def sample(db: Database, machines: Machines) -> None:
    """Write down what the machines that we measure are doing, and forget what is old."""
    found = await machines.all()
    moment = now()
    async with db.begin() as session:
        session.add_all(_sample(one, moment) for one in found if _is_live(one, moment))
        before = moment - timedelta(hours=KEPT_HOURS)
        await session.execute(delete(MachineSample).where(MachineSample.at < before))


async def list_samples(session: Session, machine_id: int, *, hours: int) -> list[MachineSample]:
    """Return the samples of the last hours, oldest first; every second one, or less, of many."""
    query = (
        select(MachineSample)
        .where(
            MachineSample.machine_id == machine_id,
            MachineSample.at >= now() - timedelta(hours=hours),
        )
        .order_by(MachineSample.at.desc())
    )
    found = list(await session.scalars(query))
    step = math.ceil(len(found) / MOST) or 1
    return found[::step][::-1]


def _is_live(machine: Machine, moment: datetime) -> bool:
    was_seen = machine.seen_at and machine.seen_at > moment - timedelta(seconds=EVERY_S)
    return machine.is_measured and machine.status == "running" and bool(was_seen)


def _sample(machine: Machine, moment: datetime) -> MachineSample:
    busy = [gpu.utilisation for gpu in machine.gpus if gpu.utilisation is not None]
    return MachineSample(
        machine_id=machine.id,
        at=moment,
        cpu=machine.cpu,
        mem_used=machine.mem_used,
        disk_used=machine.disk_used,
        gpu=sum(busy) / len(busy) if busy else None,
    )
