"""How much a user may have. Pure."""

from dataclasses import dataclass

from moorage.identity.models import User
from moorage.kit.errors import QuotaExceeded
from moorage.kit.i18n import Text


@dataclass(frozen=True, slots=True)
class Quota:
    """What one user may have; a memory_mib of 0 is no limit."""

    instances: int
    memory_mib: int


def quota_of(user: User, *, default: Quota) -> Quota:
    """Return what the user may have: its own, and the default where it has none."""
    return Quota(
        instances=default.instances if user.quota_instances is None else user.quota_instances,
        memory_mib=default.memory_mib if user.quota_memory_mib is None else user.quota_memory_mib,
    )


def check_quota(*, in_use: int, reserved: int, limit: int, what: str, asked: int = 1) -> None:
    """Raise QuotaExceeded when what is asked for does not fit below the limit any more.

    in_use: what runs; reserved: what was ordered before and is not there yet;
    what: the noun of the sentence, as in "Your quota of instances is used up".
    """
    if in_use + reserved + asked > limit:
        raise QuotaExceeded(
            Text(
                "Your quota of {what} is used up: {in_use} in use, {reserved} being made, "
                "{asked} asked for, {limit} allowed. Delete something or ask for a larger quota.",
                what=what,
                in_use=in_use,
                reserved=reserved,
                asked=asked,
                limit=limit,
            ),
            in_use=in_use,
            reserved=reserved,
            limit=limit,
        )
