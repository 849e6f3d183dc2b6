"""Order an instance, find it, have it started, stopped, removed."""

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypedDict

from sqlalchemy import ColumnElement, exists, func, select

from moorage.catalog import check
from moorage.catalog.blueprint import Blueprint
from moorage.identity.rules import Caller
from moorage.instances import labels, ports, quotas, rules, states
from moorage.instances.models import STANDS, Desired, Instance
from moorage.instances.tools import Tools
from moorage.inventory import service as inventory
from moorage.inventory.models import Server
from moorage.kit.db import Session, save
from moorage.kit.errors import Conflict, Invalid, NotFound
from moorage.kit.faults import Faults
from moorage.kit.ids import new_id
from moorage.operations import service as operations
from moorage.operations.models import Operation

_NUMBER = re.compile(r"[0-9]{1,18}")  # fits a 64-bit column
_LATEST = 20  # operations of one instance; more are not unfinished at once


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


class Changes(TypedDict, total=False):
    """What an owner decides about an instance that it has. labels: all of them."""

    name: str
    labels: dict[str, str]
    deletion_protection: bool


async def create(
    session: Session, tools: Tools, *, owner_id: str, order: Order
) -> tuple[Instance, Operation]:
    """Order an instance; the operation makes it run.

    Raises Invalid with all bad fields, QuotaExceeded, Conflict (the owner has that name already),
    Unavailable (no port is left).
    """
    settled, server = await settle(session, tools, order)
    await quotas.check(session, tools.settings, owner_id=owner_id, memory_mib=settled.memory_mib)

    instance_id = new_id("ins")
    instance = Instance(
        id=instance_id,
        owner_id=owner_id,
        server_id=server.id,
        blueprint=order.blueprint,
        labels=dict(order.labels),
        deletion_protection=order.deletion_protection,
        options=settled.options,
        secrets_sealed=tools.sealer.seal(json.dumps(settled.secrets)),
        memory_mib=settled.memory_mib,
        cpus=settled.cpus,
        port=await ports.reserve(session, tools, server_id=server.id, instance_id=instance_id),
    )
    await _save_with_name(session, instance, order.name)
    operation = await operations.enqueue(
        session,
        "instance.create",
        subject=instance.id,
        owner_id=owner_id,
        server_id=server.id,
        args={"versions": list(settled.versions)},
    )
    return instance, operation


async def settle(session: Session, tools: Tools, order: Order) -> tuple[check.Settled, Server]:
    """Return what an order comes to, and which server takes it. Raises Invalid with all faults."""
    faults = _faults(order.name, order.labels)
    with faults.noted():
        settled = check.settle(
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
        raise NotFound(f"There is no instance {instance_id!r}.")
    return found


async def get_own(session: Session, caller: Caller, id_or_number: str) -> Instance:
    """Return an instance that the caller sees and that is not gone. Raises NotFound."""
    is_number = _NUMBER.fullmatch(id_or_number)
    is_it = Instance.number == int(id_or_number) if is_number else Instance.id == id_or_number
    found = await session.scalar(
        select(Instance).where(is_it, Instance.deleted_at.is_(None), *_visible(caller))
    )
    if found is None:
        raise NotFound(f"There is no instance {id_or_number[:80]!r}.")
    return found


async def get_by_number(session: Session, caller: Caller, number: str) -> Instance:
    """Return what get_own does of a number, in the words of the resources door."""
    missing = NotFound("the item was not found")
    if not _NUMBER.fullmatch(number):
        raise missing
    try:
        return await get_own(session, caller, number)
    except NotFound as error:
        raise missing from error


async def list_own(
    session: Session, caller: Caller, *, after: int = 0, limit: int
) -> Sequence[Instance]:
    """Return the caller's own instances in the order they were made."""
    rows = await session.scalars(
        select(Instance)
        .where(Instance.owner_id == caller.user_id, Instance.number > after, *STANDS)
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
    await save(session, instance, if_taken=_taken(instance.name))


async def start(session: Session, instance: Instance) -> Operation:
    """Have an instance run; asking again joins the start that is under way.

    Raises Conflict unless it has been made, as stop and restart do.
    """
    if joined := await _under_way(session, instance, "instance.start"):
        return joined
    about = _about(instance, wish="running")
    await states.wish(session, instance, "running")
    return await operations.enqueue(session, "instance.start", **about)


async def stop(session: Session, instance: Instance) -> Operation:
    """Have an instance stopped, also after a restart of its server; asking again joins."""
    if joined := await _under_way(session, instance, "instance.stop"):
        return joined
    about = _about(instance, wish="stopped")
    await states.wish(session, instance, "stopped")
    return await operations.enqueue(session, "instance.stop", **about)


async def restart(session: Session, instance: Instance) -> Operation:
    """Have an instance stopped and started; asking again joins."""
    if joined := await _under_way(session, instance, "instance.restart"):
        return joined
    about = _about(instance, wish="running")
    await states.wish(session, instance, "running")
    return await operations.enqueue(session, "instance.restart", **about)


async def delete(session: Session, instance: Instance, *, keep_data: bool) -> Operation:
    """Have an instance removed; asking again joins the removal that is under way.

    What else is being done with it is cancelled. Raises Conflict while deletion protection is on.
    """
    if instance.deletion_protection:
        raise Conflict(
            f"{instance.name} is protected against deletion. Lift it first: "
            f'PATCH /resource/{instance.number} {{"deletion_protection": false}}.'
        )
    if joined := await _under_way(session, instance, "instance.delete"):
        return joined
    about = _about(instance, wish="gone", keep_data=keep_data)
    await _cancel_all(session, instance)
    await states.set_deleting(session, instance.id)
    return await operations.enqueue(session, "instance.delete", **about)


async def retry(session: Session, tools: Tools, operation: Operation) -> Operation:
    """Have a failed or cancelled operation on an instance tried again.

    Raises Conflict (it has not failed, the instance is gone or its name taken), QuotaExceeded,
    Unavailable (no port is left).
    """
    instance = await get(session, operation.subject)
    if instance.deleted_at is not None:
        raise Conflict(f"{instance.name} is gone.")
    if operation.kind == "instance.create":
        await _order_again(session, tools, instance)
    elif operation.kind == "instance.delete":
        await states.set_deleting(session, instance.id)
    elif "wish" in operation.args:
        await states.wish(session, instance, operation.args["wish"])
    return await operations.retry(session, operation)


async def count(session: Session) -> dict[tuple[str, str], int]:
    """Return how many instances there are by (blueprint, status)."""
    rows = await session.execute(
        select(Instance.blueprint, Instance.status, func.count())
        .where(Instance.deleted_at.is_(None))
        .group_by(Instance.blueprint, Instance.status)
    )
    return {(blueprint, status): number for blueprint, status, number in rows}


def settled(tools: Tools, instance: Instance) -> check.Settled:
    """Return what the order came to, credentials included."""
    return check.Settled(
        options=instance.options,
        secrets=json.loads(tools.sealer.open(instance.secrets_sealed)),
        memory_mib=instance.memory_mib,
        cpus=instance.cpus,
        versions=(instance.version,) if instance.version else (),
    )


async def _save_with_name(session: Session, instance: Instance, name: str | None) -> None:
    instance.name = name or instance.id  # until the database has given the number
    await save(session, instance, if_taken=_taken(instance.name))
    if name is None:
        wanted = rules.default_name(instance.blueprint, instance.number)
        is_taken = await session.scalar(
            select(
                exists().where(
                    Instance.owner_id == instance.owner_id,
                    Instance.name == wanted,
                    *STANDS,
                )
            )
        )
        instance.name = f"{wanted}-{secrets.token_hex(4)}" if is_taken else wanted
        await session.flush()


async def _order_again(session: Session, tools: Tools, instance: Instance) -> None:
    if not instance.secrets_sealed:
        raise Conflict(f"The credentials of {instance.name} are gone; order it anew.")
    await quotas.check(
        session, tools.settings, owner_id=instance.owner_id, memory_mib=instance.memory_mib
    )
    port = await ports.reserve(
        session, tools, server_id=instance.server_id, instance_id=instance.id
    )
    await states.set_creating(session, instance, port=port)


async def _under_way(session: Session, instance: Instance, kind: str) -> Operation | None:
    """Return the last thing asked of an instance if it is of that kind and goes on."""
    latest = await operations.latest_unfinished(session, subject=instance.id)
    if latest is None or latest.kind != kind or latest.status == "undoing":
        return None
    return latest if latest.cancel_requested_at is None else None


async def _cancel_all(session: Session, instance: Instance) -> None:
    for operation in await operations.list_own(
        session, owner_id=None, limit=_LATEST, subject=instance.id
    ):
        with suppress(Conflict):
            await operations.cancel(session, operation)


def _about(instance: Instance, *, wish: Desired, **args: bool) -> dict[str, Any]:  # Any: arguments
    """Return what an operation is about, as enqueue takes it."""
    return {
        "subject": instance.id,
        "owner_id": instance.owner_id,
        "server_id": instance.server_id,
        "args": {"wish": wish, "was": instance.desired, **args},
    }


def _blueprint(tools: Tools, name: str) -> Blueprint:
    try:
        return tools.catalog.get(name)
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


def _taken(name: str) -> str:
    return f"You already have an instance named {name!r}."


def _visible(caller: Caller) -> list[ColumnElement[bool]]:
    return [] if caller.is_admin else [Instance.owner_id == caller.user_id]
