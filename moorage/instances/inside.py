"""What can be seen inside an instance: how much it uses, and what it writes to its log."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from moorage.engines.port import Engine, Usage
from moorage.instances import rules
from moorage.instances import service as instances
from moorage.instances.models import Instance
from moorage.instances.tools import Tools
from moorage.inventory import service as inventory
from moorage.kit.errors import NotFound, Unavailable

_MEASURED_WITHIN_S = 1.0


async def usage(tools: Tools, instance: Instance) -> Usage | None:
    """Return what an instance uses; None while it does not run or its engine does not answer."""
    engine, container = await _container(tools, instance)
    try:
        async with asyncio.timeout(_MEASURED_WITHIN_S):
            return await engine.container_usage(container)
    except (NotFound, Unavailable, TimeoutError):
        return None


async def log(tools: Tools, instance: Instance, *, tail: int) -> list[str]:
    """Return the last lines of an instance's log, without its secrets. Raises Unavailable."""
    engine, container = await _container(tools, instance)
    try:
        lines = await engine.container_log(container, tail=tail)
    except NotFound:  # it is not made yet, or its order failed
        return []
    return [*map(mask(tools, instance), lines)]


@asynccontextmanager
async def follow_log(
    tools: Tools, instance: Instance, *, tail: int
) -> AsyncIterator[AsyncIterator[str]]:
    """Listen to the last lines and all that come until it stops, without its secrets.

    Raises NotFound and Unavailable, as the engine's own does.
    """
    engine, container = await _container(tools, instance)
    masked = mask(tools, instance)
    async with engine.follow_log(container, tail=tail) as lines:
        yield (masked(line) async for line in lines)


def mask(tools: Tools, instance: Instance) -> Callable[[str], str]:
    """Return what puts *** in the place of each secret of an instance."""
    # The longest first: one may be a part of another.
    secrets = sorted(filter(None, instances.settled(tools, instance).secrets.values()), key=len)

    def masked(line: str) -> str:
        for secret in reversed(secrets):
            line = line.replace(secret, "***")
        return line

    return masked


async def _container(tools: Tools, instance: Instance) -> tuple[Engine, str]:
    """Return the engine of an instance, and its container by name: it may be in the making."""
    async with tools.db.read() as session:
        server = await inventory.get_server(session, instance.server_id)
    name = rules.container_name(tools.installation, instance.blueprint, instance.number)
    return tools.engines[server.name], name
