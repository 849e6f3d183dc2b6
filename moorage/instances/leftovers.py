"""What was left on a server and belongs to nothing we know: kept account of, removed if wanted."""

import logging
from collections.abc import Collection, Set
from datetime import timedelta

from sqlalchemy import delete, select, tuple_

from moorage.engines.port import Engine
from moorage.instances.models import Kind, Leftover
from moorage.instances.tools import Tools
from moorage.kit.clock import now
from moorage.kit.db import Session
from moorage.kit.errors import Conflict

log = logging.getLogger(__name__)

_ORDER: tuple[Kind, ...] = ("container", "volume", "network")  # nothing is removed while it is used


async def list_leftovers(session: Session, server_id: str) -> list[Leftover]:
    """Return what is left on a server, and since when."""
    rows = await session.scalars(select(Leftover).where(Leftover.server_id == server_id))
    return sorted(rows, key=lambda row: (_ORDER.index(row.kind), row.name))


async def note(
    tools: Tools,
    server_id: str,
    strangers: Set[tuple[Kind, str]],
    *,
    suspects: Set[tuple[Kind, str]],
) -> list[Leftover]:
    """Write down what is left on a server, and return it; what is new is logged, once.

    suspects: the strangers of the look before. What only one look saw may have been removed by
    an operation since.
    """
    async with tools.db.read() as session:
        known = await list_leftovers(session, server_id)
    there = {(row.kind, row.name) for row in known}
    new, past = (strangers & suspects) - there, there - strangers
    if new or past:
        async with tools.db.begin() as session:
            for kind, name in new:
                await session.merge(Leftover(server_id=server_id, kind=kind, name=name))
            one = tuple_(Leftover.kind, Leftover.name)
            await session.execute(
                delete(Leftover).where(Leftover.server_id == server_id, one.in_(past))
            )
    for kind, name in new:
        log.warning("left on a server, and nobody's", extra={"kind": kind, "what": name})
    return [row for row in known if (row.kind, row.name) not in past]


async def remove_old(tools: Tools, engine: Engine, left: Collection[Leftover]) -> None:
    """Remove what was left behind for as long as the settings say, if they say so."""
    if tools.settings.leftovers == "report":
        return
    until = now() - timedelta(seconds=tools.settings.leftovers_grace_s)
    for row in left:
        if row.seen_at <= until:
            try:
                await _remove(engine, row)
            except Conflict as error:
                log.debug("cannot be removed", extra={"what": row.name, "reason": error.message})
            else:
                log.info("removed", extra={"kind": row.kind, "what": row.name})


async def _remove(engine: Engine, row: Leftover) -> None:
    if row.kind == "container":
        await engine.remove_container(row.name)
    elif row.kind == "volume":
        await engine.remove_volume(row.name)
    elif not await engine.remove_network(row.name):
        raise Conflict(f"A container that runs uses the network {row.name}.")
