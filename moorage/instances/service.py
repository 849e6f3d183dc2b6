"""Order an instance, find it, have it started, stopped, removed."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

from sqlalchemy import ColumnElement, func, select

from moorage.catalog import settling
from moorage.catalog.app import App, Orderable
from moorage.catalog.check import Settled
from moorage.identity.rules import Caller
from moorage.instances import labels, names, ports, quotas, rules
from moorage.instances.models import STANDS, Instance
from moorage.instances.tools import Tools
from moorage.inventory import service as inventory
from moorage.inventory.models import Server
from moorage.kit.db import Session, save
from moorage.kit.errors import Invalid, NotFound
from moorage.kit.faults import Faults
from moorage.kit.i18n import Text
from moorage.kit.ids import new_id
from moorage.operations import service as operations
from moorage.operations.models import Operation

_NUMBER = re.compile(r"[0-9]{1,18}")  # fits a 64-bit column


@dataclass(frozen=True, slots=True)
class Order:
    """What a caller asks for. None: the blueprint or the placement decides."""

    blueprint: str
    config: object = None  # JSON; the catalogue checks it
    name: str | None = None
    version: str | None = None
    memory_mib: int | None = None
    cpus: float | None = None
    server: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    deletion_protection: bool = False
    only_one: bool = False  # of that app on the server


class Changes(TypedDict, total=False):
    """What an owner decides about an instance that it has. labels: all of them."""

    name: str
    labels: dict[str, str]
    deletion_protection: bool


async def create(
    session: Session, tools: Tools, *, owner_id: str, order: Order
) -> tuple[Instance, Operation]:
    """Order an instance; the operation makes it run.

    Raises Invalid with all bad fields, QuotaExceeded, Conflict (the owner has that name already,
    or the server the only one that is to be), Unavailable (no port is left).
    """
    settled, server = await settle(session, tools, order)
    await quotas.check(session, tools.settings, owner_id=owner_id, memory_mib=settled.memory_mib)

    blueprint = tools.catalog.any(order.blueprint)
    instance = Instance(
        id=new_id("ins"),
        owner_id=owner_id,
        server_id=server.id,
        kind=blueprint.kind,
        blueprint=blueprint.name,
        labels=dict(order.labels),
        deletion_protection=order.deletion_protection,
        options=settled.options,
        secrets_sealed=tools.sealer.seal(json.dumps(settled.secrets)),
        memory_mib=settled.memory_mib,
        cpus=settled.cpus,
    )
    if isinstance(blueprint, App):
        instance.edition = blueprint.edition
        [instance.version] = settled.versions
        instance.project = f"{tools.settings.app_prefix}-{instance.blueprint}"
    await ports.reserve(session, tools, instance)
    await names.save_new(session, instance, order.name, only_one=order.only_one)
    operation = await operations.enqueue(
        session,
        "instance.create",
        subject=instance.id,
        owner_id=owner_id,
        server_id=server.id,
        args={"versions": list(settled.versions)},
    )
    return instance, operation


async def settle(session: Session, tools: Tools, order: Order) -> tuple[Settled, Server]:
    """Return what an order comes to, and which server takes it. Raises Invalid with all faults."""
    faults = _faults(order.name, order.labels)
    with faults.noted():
        settled = settling.settle(
            _blueprint(tools, order.blueprint),
            order.config,
            memory_mib=order.memory_mib,
            cpus=order.cpus,
            version=order.version,
        )
    with faults.noted():
        server = await inventory.choose_server(session, order.server)
    faults.check()
    rules.check_fits(settled.memory_mib, settled.cpus, tools.sizes.get(server.name))
    return settled, server


async def get(session: Session, instance_id: str) -> Instance:
    """Return an instance by its id, gone ones too. Raises NotFound."""
    found = await session.scalar(select(Instance).where(Instance.id == instance_id))
    if found is None:
        raise NotFound(Text("There is no instance {id!r}.", id=instance_id))
    return found


async def get_own(session: Session, caller: Caller, which: str) -> Instance:
    """Return an instance that the caller sees and that is not gone. Raises NotFound.

    which: its id, its number, the name of one that the caller owns, or else the app it is, when
    there is one such.
    """
    if _NUMBER.fullmatch(which):
        is_it = Instance.number == int(which)
    elif rules.is_name(which):
        is_it = (Instance.name == which) & (Instance.owner_id == caller.user_id)
    else:
        is_it = Instance.id == which
    found = await session.scalar(
        select(Instance)
        .where(is_it, Instance.deleted_at.is_(None), *_visible(caller))
        .order_by(Instance.number.desc())  # orders that failed may have had the same name
        .limit(1)
    )
    found = found or await _only_app(session, caller, which)
    if found is None:
        raise NotFound(Text("There is no instance {id!r}.", id=which[:80]))
    return found


async def server_of(tools: Tools, instance: Instance) -> Server:
    """Return the server that an instance is on."""
    async with tools.db.read() as session:
        return await inventory.get_server(session, instance.server_id)


async def list_own(
    session: Session, caller: Caller, *, after: int = 0, limit: int
) -> Sequence[Instance]:
    """Return the caller's own databases in the order they were made."""
    rows = await session.scalars(
        select(Instance)
        .where(Instance.owner_id == caller.user_id, Instance.number > after, *STANDS)
        .where(Instance.kind == "database")
        .order_by(Instance.number)
        .limit(limit)
    )
    return rows.all()


async def change(session: Session, instance: Instance, changes: Changes) -> None:
    """Change what its owner decides.

    Raises Invalid with all bad fields, Conflict (the owner has that name already).
    """
    faults = _faults(changes.get("name"), changes.get("labels", {}))
    faults.check()
    for column, value in changes.items():
        setattr(instance, column, value)
    await save(session, instance, if_taken=names.taken(instance.name))


async def count(session: Session) -> dict[tuple[str, str], int]:
    """Return how many instances there are by (blueprint, status)."""
    rows = await session.execute(
        select(Instance.blueprint, Instance.status, func.count())
        .where(Instance.deleted_at.is_(None))
        .group_by(Instance.blueprint, Instance.status)
    )
    return {(blueprint, status): number for blueprint, status, number in rows}


async def editions(session: Session) -> set[str]:
    """Return the editions of apps of which there are instances."""
    rows = await session.scalars(
        select(Instance.edition).where(Instance.deleted_at.is_(None)).distinct()
    )
    return {edition for edition in rows if edition}


def settled(tools: Tools, instance: Instance) -> Settled:
    """Return what the order came to, credentials included."""
    return Settled(
        options=instance.options,
        secrets=json.loads(tools.sealer.open(instance.secrets_sealed)),
        memory_mib=instance.memory_mib,
        cpus=instance.cpus,
        versions=(instance.version,) if instance.version else (),
    )


def _blueprint(tools: Tools, name: str) -> Orderable:
    try:
        return tools.catalog.any(name)
    except NotFound as error:
        raise Invalid(error.message, fields={"blueprint": error.message}) from error


def _faults(name: str | None, given: Mapping[str, str]) -> Faults:
    faults = Faults()
    with faults.noted():
        if name is not None:
            rules.check_name(name)
    with faults.noted():
        labels.check(given)
    return faults


async def _only_app(session: Session, caller: Caller, app_name: str) -> Instance | None:
    """Return the app of that name that the caller sees, unless there are several."""
    is_it = (Instance.kind == "app") & (Instance.blueprint == app_name)
    rows = await session.scalars(select(Instance).where(is_it, *STANDS, *_visible(caller)).limit(2))
    found = rows.all()
    return found[0] if len(found) == 1 else None


def _visible(caller: Caller) -> list[ColumnElement[bool]]:
    return [] if caller.is_admin else [Instance.owner_id == caller.user_id]
