"""Pages of instances, on the shortest way from rows to JSON: they are asked for all the time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import itemgetter
from typing import Any

import msgspec
from sqlalchemy import Text, bindparam, cast, select

from moorage.identity.models import User
from moorage.instances.models import Instance
from moorage.inventory.models import Server
from moorage.kit.db import Database
from moorage.kit.paging import Page, listed
from moorage.kit.rows import Query, Values


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which instances; None: any. label: its name and its value."""

    owner_id: str | None = None
    status: str | None = None
    blueprint: str | None = None
    server_id: str | None = None
    label: tuple[str, str] | None = None


class Item(msgspec.Struct, gc=False):
    """An instance as a list shows it. server, owner: their names."""

    id: str
    number: int
    name: str
    blueprint: str
    version: str | None
    server: str
    owner: str
    status: str
    health: str | None
    message: str | None
    memory_mib: int
    cpus: float
    deletion_protection: bool
    created_at: datetime
    labels: msgspec.Raw


_COLUMNS = (  # as the members of Item
    Instance.id,
    Instance.number,
    Instance.name,
    Instance.blueprint,
    Instance.version,
    Server.name,
    User.username,
    Instance.status,
    Instance.health,
    Instance.message,
    Instance.memory_mib,
    Instance.cpus,
    Instance.deletion_protection,
    Instance.created_at,
    cast(Instance.labels, Text),  # it is JSON already
)
_CONDITIONS = {
    "owner_id": Instance.owner_id == bindparam("owner_id"),
    "status": Instance.status == bindparam("status"),
    "blueprint": Instance.blueprint == bindparam("blueprint"),
    "server_id": Instance.server_id == bindparam("server_id"),
    "after": Instance.id < bindparam("after"),
}
_encoder = msgspec.json.Encoder()


async def json_page(db: Database, wanted: Wanted, page: Page) -> bytes:
    """Return `{"items": […], "next": …}`, newest first, with those that are not gone."""
    chosen = {
        "owner_id": wanted.owner_id,
        "status": wanted.status,
        "blueprint": wanted.blueprint,
        "server_id": wanted.server_id,
        "after": page.after,
    }
    values: dict[str, object] = {name: value for name, value in chosen.items() if value is not None}
    query = _query(frozenset(values))
    is_narrow = len(values.keys() & {"status", "blueprint", "server_id"}) < 2
    values["limit"] = page.one_more
    if is_narrow and wanted.label is None:
        return await db.answer(query, **values)
    statement = query.statement  # no index is made for this: it may look at many rows
    if wanted.label is not None:
        name, value = wanted.label
        statement = statement.where(Instance.labels[name].as_string() == value)
    async with db.read() as session:
        found = await session.execute(statement, values)
        return query.shape(found.all(), values)


@cache
def _query(conditions: frozenset[str]) -> Query[bytes]:
    return Query(
        select(*_COLUMNS)
        .join(Server, Server.id == Instance.server_id)
        .join(User, User.id == Instance.owner_id)
        .where(Instance.deleted_at.is_(None), *(_CONDITIONS[name] for name in sorted(conditions)))
        .order_by(Instance.id.desc())
        .limit(bindparam("limit")),
        _encoded,
    )


def _encoded(rows: Sequence[tuple[Any, ...]], values: Values) -> bytes:  # Any: see _COLUMNS
    page = Page(values["limit"] - 1)
    *columns, labels = zip(*rows[: page.limit], strict=True) if rows else [()] * len(_COLUMNS)
    raw = [msgspec.Raw(text.encode()) for text in labels]
    items = [*map(Item, *columns, raw)]
    return _encoder.encode({**listed(rows, page, key=itemgetter(0)), "items": items})
