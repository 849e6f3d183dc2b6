"""The only list of durable jobs and of duties, each bound to what it may touch."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from moorage.audit import service as audit
from moorage.identity.sessions_rows import forget_expired
from moorage.instances import jobs as instances
from moorage.instances import watch
from moorage.instances.service import editions
from moorage.instances.tools import Tools
from moorage.inventory import samples
from moorage.kit.clock import now
from moorage.kit.db import Session
from moorage.operations import service as operations
from moorage.operations.duties import Duties, Duty, repeated
from moorage.operations.models import Operation
from moorage.operations.queue import Queue
from moorage.operations.runner import Ended, Job, Runner
from moorage.vms import jobs as vms
from moorage.world import make_queue

_HOURLY_S = 3600


def jobs(tools: Tools) -> dict[str, Job]:
    """Return what performs each kind of operation, and what undoes it."""
    turn = asyncio.Lock()
    return {
        "instance.create": Job(
            partial(instances.create, tools),
            undo=partial(instances.undo_create, tools),
            steps=3,
            kept=("Image",),
        ),
        "instance.start": Job(
            partial(instances.start, tools), undo=partial(instances.undo, tools), steps=2
        ),
        "instance.stop": Job(
            partial(instances.stop, tools), undo=partial(instances.undo, tools), steps=1
        ),
        "instance.restart": Job(
            partial(instances.restart, tools), undo=partial(instances.undo, tools), steps=3
        ),
        "instance.mend": Job(
            partial(instances.mend, tools), undo=partial(instances.undo, tools), steps=2
        ),
        "instance.delete": Job(
            partial(instances.delete, tools), undo=partial(instances.undo_delete, tools), steps=2
        ),
        "vm.create": Job(
            partial(vms.create, tools.cloud, turn),
            undo=partial(vms.undo_create, tools.cloud),
            steps=2,
        ),
        "vm.start": Job(partial(vms.start, tools.cloud), steps=1),
        "vm.stop": Job(partial(vms.stop, tools.cloud), steps=1),
        "vm.reboot": Job(partial(vms.reboot, tools.cloud), steps=2),
        "vm.delete": Job(partial(vms.delete, tools.cloud), steps=1),
    }


def duties(tools: Tools) -> list[Duty]:
    """Return what recurs in one process of all."""
    return [
        Duty("operations.forget", _HOURLY_S, partial(_forget_operations, tools)),
        Duty("sessions.forget", _HOURLY_S, partial(forget_expired, tools.db)),
        Duty("machines.sample", samples.EVERY_S, partial(samples.sample, tools.db, tools.machines)),
        *watch.duties(tools),
    ]


def own_duties(tools: Tools) -> list[Duty]:
    """Return what recurs in every process: its machine's folders are its own."""
    return [Duty("catalog.forget", _HOURLY_S, partial(_forget_editions, tools))]


@asynccontextmanager
async def performing(
    tools: Tools, *, ended: Ended = lambda kind, status, seconds: None
) -> AsyncIterator[Queue]:
    """Perform operations and duties in this process until the block ends."""
    queue = make_queue(tools.settings, tools.db)
    recurring = Duties(queue, duties(tools))
    runner = Runner(tools.db, jobs(tools), ended=ended, record_failure=_record_failure)
    queue.start(runner.perform)
    recurring.start()
    try:
        async with repeated(*own_duties(tools)):
            yield queue
    finally:
        await recurring.stop()
        await queue.stop()


async def _record_failure(session: Session, operation: Operation) -> None:
    await audit.record_failure(
        session, action=operation.kind, subject=operation.subject, detail=operation.error or ""
    )


async def _forget_editions(tools: Tools) -> None:
    async with tools.db.read() as session:
        used = await editions(session)
    await asyncio.to_thread(tools.catalog.forget, used=used)


async def _forget_operations(tools: Tools) -> None:
    ended_before = now() - timedelta(days=tools.settings.keep_operations_days)
    while True:
        async with tools.db.begin() as session:
            if not await operations.forget_old(session, ended_before=ended_before):
                return
