"""Which operations may be begun: due, the oldest of their subject, with room on their server."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from moorage.kit.clock import now
from moorage.kit.db import Session
from moorage.operations.models import UNFINISHED, Operation

_EVERYWHERE = ""  # those of no server in particular


@dataclass(frozen=True, slots=True)
class Candidate:
    """An operation that could be begun. server_id: empty for those of none in particular."""

    id: str
    subject: str
    server_id: str


async def candidates(
    session: Session, *, per_server: int, limit: int, busy: Collection[str] = ()
) -> list[Candidate]:
    """Return the oldest that could be begun, at most so many of each server.

    busy: subjects that are being worked on here.
    """
    older = aliased(Operation)
    server_id = func.coalesce(Operation.server_id, _EVERYWHERE).label("server_id")
    place = func.row_number().over(partition_by=server_id, order_by=Operation.number)
    oldest = (
        select(Operation.id, Operation.number, Operation.subject, server_id, place.label("place"))
        .where(Operation.status.in_(UNFINISHED), Operation.job_id.is_(None))
        .where(or_(Operation.not_before.is_(None), Operation.not_before <= now()))
        .where(Operation.subject.not_in(busy))
        .where(
            ~select(older.number)
            .where(older.subject == Operation.subject, older.number < Operation.number)
            .where(older.status.in_(UNFINISHED))
            .exists()
        )
        .subquery()
    )
    rows = await session.execute(
        select(oldest.c.id, oldest.c.subject, oldest.c.server_id)
        .where(or_(oldest.c.place <= per_server, oldest.c.server_id == _EVERYWHERE))
        .order_by(oldest.c.number)
        .limit(limit)
    )
    return [Candidate(*row) for row in rows]


def choose(
    found: Iterable[Candidate], *, load: Mapping[str, int], per_server: int
) -> list[Candidate]:
    """Return those for which their server has room. load: how many it has, by its id."""
    loaded = dict(load)
    chosen = []
    for candidate in found:
        number = loaded.get(candidate.server_id, 0)
        if number < per_server or candidate.server_id == _EVERYWHERE:
            loaded[candidate.server_id] = number + 1
            chosen.append(candidate)
    return chosen
