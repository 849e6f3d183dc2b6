"""How much an owner has of what it may have."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from moorage.config import Settings
from moorage.identity import service as identity
from moorage.identity.models import User
from moorage.identity.quotas import Quota, check_quota, quota_of
from moorage.instances.models import STANDS, Instance
from moorage.kit.db import Session
from moorage.kit.i18n import Text


@dataclass(frozen=True, slots=True)
class Held:
    """Some instances, and their memory."""

    instances: int = 0
    memory_mib: int = 0

    def __add__(self, other: "Held") -> "Held":
        return Held(self.instances + other.instances, self.memory_mib + other.memory_mib)


@dataclass(frozen=True, slots=True)
class Usage:
    """What an owner has. reserved: what is being made; blueprints: both, by blueprint."""

    quota: Quota
    in_use: Held
    reserved: Held
    blueprints: Mapping[str, Held]


async def usage(session: Session, settings: Settings, user: User) -> Usage:
    """Return what a user has, and what it may have."""
    return await _usage(session, user.id, quota_of(user, default=_default(settings)))


async def check(session: Session, settings: Settings, *, owner_id: str, memory_mib: int) -> None:
    """Raise QuotaExceeded unless the owner may have one instance more, with that memory."""
    quota = await identity.get_quota(session, user_id=owner_id, default=_default(settings))
    now = await _usage(session, owner_id, quota)
    check_quota(
        in_use=now.in_use.instances,
        reserved=now.reserved.instances,
        limit=quota.instances,
        what=Text("instances"),
    )
    if quota.memory_mib:
        check_quota(
            in_use=now.in_use.memory_mib,
            reserved=now.reserved.memory_mib,
            asked=memory_mib,
            limit=quota.memory_mib,
            what=Text("memory in MiB"),
        )


async def _usage(session: Session, owner_id: str, quota: Quota) -> Usage:
    rows = await session.execute(
        select(Instance.blueprint, Instance.status, func.count(), func.sum(Instance.memory_mib))
        .where(Instance.owner_id == owner_id, *STANDS)
        .group_by(Instance.blueprint, Instance.status)
        .order_by(Instance.blueprint)
    )
    in_use, reserved = Held(), Held()
    blueprints: dict[str, Held] = {}
    for blueprint, status, number, memory_mib in rows:
        held = Held(number, int(memory_mib))
        blueprints[blueprint] = blueprints.get(blueprint, Held()) + held
        if status == "creating":
            reserved += held
        else:
            in_use += held
    return Usage(quota, in_use, reserved, blueprints)


def _default(settings: Settings) -> Quota:
    return Quota(instances=settings.quota_instances, memory_mib=settings.quota_memory_mib)
