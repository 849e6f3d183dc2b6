"""How the servers are: whether each engine answers now, what it is, and what runs on it."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, select

from moorage.engines.port import EngineInfo
from moorage.instances import leftovers
from moorage.instances import service as instances
from moorage.instances.models import Instance, Leftover
from moorage.instances.tools import Tools
from moorage.inventory import service as inventory
from moorage.inventory.models import Server
from moorage.kit.errors import NotFound, Unavailable
from moorage.kit.i18n import Text

Status = Literal["up", "down", "unknown"]

_WITHIN_S = 0.8  # whoever asks how a server is wants to know it within a second


@dataclass(frozen=True, slots=True)
class Seen:
    """A server. info: what its engine said when it last did; None before it ever answered.

    leftovers: what carries our label there, and belongs to nothing we know.
    """

    server: Server
    status: Status
    info: EngineInfo | None
    instances: int
    leftovers: Sequence[Leftover]


async def get(tools: Tools, id_or_name: str) -> Seen:
    """Return how a server is. Raises NotFound."""
    for server in await _rows(tools):
        if id_or_name in (server.id, server.name):
            [seen] = await _seen(tools, [server])
            return seen
    raise NotFound(Text("There is no server {name!r}.", name=id_or_name[:80]))


async def list_after(tools: Tools, name: str | None, *, limit: int) -> Sequence[Seen]:
    """Return how the servers are whose names come after that one, by name."""
    servers = [server for server in await _rows(tools) if server.name > (name or "")]
    return await _seen(tools, servers[:limit])


async def check_engine(tools: Tools, server: str | None) -> None:
    """Raise Unavailable when the engine of a server does not answer; an unknown server passes."""
    name = inventory.name_of(server)
    engine = tools.engines.get(name)
    if engine is None:
        return
    if name in tools.sizes:
        await engine.ping()
    else:
        tools.sizes[name] = await engine.info()


async def check_engine_of(tools: Tools, instance: Instance) -> None:
    """Raise Unavailable when the engine that an instance runs on does not answer."""
    await check_engine(tools, (await instances.server_of(tools, instance)).name)


async def _rows(tools: Tools) -> Sequence[Server]:
    async with tools.db.read() as session:
        return await inventory.list_servers(session)


async def _seen(tools: Tools, servers: Sequence[Server]) -> Sequence[Seen]:
    statuses = await asyncio.gather(*(_status(tools, server.name) for server in servers))
    async with tools.db.read() as session:
        query = select(Instance.server_id, func.count()).group_by(Instance.server_id)
        rows = await session.execute(query.where(Instance.deleted_at.is_(None)))
        numbers = dict(rows.all())
        left = {one.id: await leftovers.list_leftovers(session, one.id) for one in servers}
    return [
        Seen(one, status, tools.sizes.get(one.name), numbers.get(one.id, 0), left[one.id])
        for one, status in zip(servers, statuses, strict=True)
    ]


async def _status(tools: Tools, name: str) -> Status:
    engine = tools.engines.get(name)
    if engine is None:
        return "unknown"
    try:
        async with asyncio.timeout(_WITHIN_S) as limit:
            await engine.ping()
    except TimeoutError:
        return "unknown"
    except Unavailable:
        return "down"
    with suppress(TimeoutError, Unavailable):  # a busy one is slow to tell what it is
        async with asyncio.timeout_at(limit.when()):
            tools.sizes[name] = await engine.info()
    return "up"
