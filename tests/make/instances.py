"""Orders without HTTP, and what performs them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from moorage.identity.models import User
from moorage.images.service import Images
from moorage.instances import service as instances
from moorage.instances.models import Instance
from moorage.instances.networks import Networks
from moorage.instances.service import Order
from moorage.instances.tools import RefusedPorts, Tools
from moorage.operations.models import Operation
from moorage.operations.queue import Queue
from moorage.operations.runner import Runner
from moorage.worker import jobs
from moorage.world import make_queue


async def make_order(
    tools: Tools, *, owner: User, blueprint: str = "redis", name: str | None = None
) -> tuple[Instance, Operation]:
    """Order an instance; nothing happens before a runner performs it."""
    async with tools.db.begin() as session:
        return await instances.create(
            session, tools, owner_id=owner.id, order=Order(blueprint=blueprint, name=name)
        )


@asynccontextmanager
async def performing(tools: Tools) -> AsyncIterator[Queue]:
    """Perform operations; at the end whatever still runs is cut off."""
    queue = make_queue(tools.settings.model_copy(update={"stop_grace_s": 0}), tools.db)
    queue.start(Runner(tools.db, jobs(tools)).perform)
    try:
        yield queue
    finally:
        await queue.stop()


def restarted(tools: Tools) -> Tools:
    """Return the tools as a new process has them: it remembers nothing but rows."""
    return replace(
        tools,
        images=Images(),
        networks=Networks(tools.installation, tools.settings, tools.db),
        refused_ports=RefusedPorts(),
    )
