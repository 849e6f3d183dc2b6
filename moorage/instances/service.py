"""Order an instance, find it, have it removed."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, select, update

from moorage.catalog import check
from moorage.identity import service as identity
from moorage.identity.quotas import Quota, check_quota
from moorage.identity.rules import Caller
from moorage.instances import ports, rules, states
from moorage.instances.models import Instance
from moorage.instances.tools import Tools
from moorage.inventory import service as inventory
from moorage.kit.db import Session, save
from moorage.kit.errors import Conflict, NotFound
from moorage.kit.ids import new_id
from moorage.operations import service as operations
from moorage.operations.models import Operation

# Listed, counted against quotas, and holding its name: not gone, and no failed order.
_STANDS = (Instance.deleted_at.is_(None), Instance.status != "failed")


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


async def create(
    session: Session, tools: Tools, *, owner_id: str, order: Order
) -> tuple[Instance, Operation]:
    """Order an instance; the operation makes it run.

    Raises Invalid with all bad fields, QuotaExceeded, Conflict (the owner has that name already),
    Unavailable (no port is left).
    """
    blueprint = tools.catalog.get(order.blueprint)
    if order.name is not None:
        rules.check_name(order.name)
    settled = check.settle(
        blueprint,
        order.config,
        memory_mib=order.memory_mib,
        cpus=order.cpus,
        version=order.version,
    )
    server = await inventory.choose_server(session, order.server)
    rules.check_fits(settled.memory_mib, settled.cpus, tools.sizes.get(server.name))
    await _check_quotas(session, tools, owner_id=owner_id, memory_mib=settled.memory_mib)

    instance_id = new_id("ins")
    instance = Instance(
        id=instance_id,
        owner_id=owner_id,
        server_id=server.id,
        blueprint=blueprint.name,
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
        args={"versions": list(settled.versions)},
    )
    return instance, operation


async def get(session: Session, instance_id: str) -> Instance:
    """Return an instance by its id, gone ones too. Raises NotFound."""
    found = await session.scalar(select(Instance).where(Instance.id == instance_id))
    if found is None:
        raise NotFound(f"There is no instance {instance_id!r}.")
    return found


async def get_by_number(session: Session, caller: Caller, number: str) -> Instance:
    """Return the caller's instance of that number; an admin's caller sees all. Raises NotFound."""
    found = None
    if number.isascii() and number.isdecimal() and len(number) < 19:  # fits a 64-bit column
        found = await session.scalar(
            select(Instance).where(
                Instance.number == int(number), Instance.deleted_at.is_(None), *_visible(caller)
            )
        )
    if found is None:
        raise NotFound("the item was not found")
    return found


async def list_own(
    session: Session, caller: Caller, *, after: int = 0, limit: int
) -> Sequence[Instance]:
    """Return the caller's own instances in the order they were made."""
    rows = await session.scalars(
        select(Instance)
        .where(Instance.owner_id == caller.user_id, Instance.number > after, *_STANDS)
        .order_by(Instance.number)
        .limit(limit)
    )
    return rows.all()


async def protect(session: Session, instance: Instance, *, is_on: bool) -> Instance:
    """Switch deletion protection on or off."""
    instance.deletion_protection = is_on
    await session.execute(
        update(Instance).where(Instance.id == instance.id).values(deletion_protection=is_on)
    )
    return instance


async def delete(session: Session, instance: Instance, *, keep_data: bool) -> Operation:
    """Have an instance removed; asking again joins the removal that is under way.

    Raises Conflict while deletion protection is on.
    """
    if instance.deletion_protection:
        raise Conflict(
            f"{instance.name} is protected against deletion. Lift it first: "
            f'PATCH /resource/{instance.number} {{"deletion_protection": false}}.'
        )
    under_way = await operations.latest_unfinished(
        session, subject=instance.id, kind="instance.delete"
    )
    if under_way is not None:
        return under_way
    if instance.status != "failed":  # then somebody else may have its name by now
        await states.set_status(session, instance.id, "deleting")
    return await operations.enqueue(
        session,
        "instance.delete",
        subject=instance.id,
        owner_id=instance.owner_id,
        args={"keep_data": keep_data},
    )


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
    await save(session, instance, if_taken=f"You already have an instance named {instance.name!r}.")
    if name is None:
        wanted = rules.default_name(instance.blueprint, instance.number)
        is_taken = await session.scalar(
            select(
                exists().where(
                    Instance.owner_id == instance.owner_id,
                    Instance.name == wanted,
                    *_STANDS,
                )
            )
        )
        instance.name = f"{wanted}-{secrets.token_hex(4)}" if is_taken else wanted
        await session.flush()


async def _check_quotas(session: Session, tools: Tools, *, owner_id: str, memory_mib: int) -> None:
    default = Quota(
        instances=tools.settings.quota_instances, memory_mib=tools.settings.quota_memory_mib
    )
    quota = await identity.get_quota(session, user_id=owner_id, default=default)
    rows = await session.execute(
        select(Instance.status, func.count(), func.sum(Instance.memory_mib))
        .where(Instance.owner_id == owner_id, *_STANDS)
        .group_by(Instance.status)
    )
    held = {status: (number, memory) for status, number, memory in rows}
    reserved = held.pop("creating", (0, 0))
    in_use = tuple(map(sum, zip((0, 0), *held.values(), strict=True)))
    check_quota(in_use=in_use[0], reserved=reserved[0], limit=quota.instances, what="instances")
    if quota.memory_mib:
        check_quota(
            in_use=in_use[1],
            reserved=reserved[1],
            asked=memory_mib,
            limit=quota.memory_mib,
            what="memory in MiB",
        )


def _visible(caller: Caller) -> list[ColumnElement[bool]]:
    return [] if caller.is_admin else [Instance.owner_id == caller.user_id]
