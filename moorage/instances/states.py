"""How an instance stands: what operations and looks write down."""

from datetime import datetime
from typing import Any

from sqlalchemy import update

from moorage.instances import names
from moorage.instances.models import Desired, Instance, Observed, Status
from moorage.instances.reconcile import Finding
from moorage.inventory import service as inventory
from moorage.kit.clock import now
from moorage.kit.db import Session
from moorage.kit.errors import Conflict
from moorage.kit.i18n import Text

_REFUSED = ("creating", "deleting", "failed")


def look_topic(server_id: str) -> str:
    """Return the topic that has a server looked at."""
    return f"look:{server_id}"


async def wish(session: Session, instance: Instance, desired: Desired) -> None:
    """Write down what the owner of an instance wants. Raises Conflict unless it has been made."""
    changed = await session.execute(
        update(Instance)
        .where(Instance.id == instance.id, Instance.status.not_in(_REFUSED))
        .where(Instance.deleted_at.is_(None))
        .values(desired=desired, health="starting" if desired == "running" else None)
        .returning(Instance.id)
    )
    if changed.scalar_one_or_none() is None:
        raise Conflict(_refusal(instance.status, instance.name))


async def unwish(
    session: Session, instance_id: str, *, wish: Desired | None, was: Desired | None
) -> None:
    """Take a wish back, unless there has been another since."""
    await session.execute(
        update(Instance)
        .where(Instance.id == instance_id, Instance.desired == wish)
        .values(desired=was)
    )


async def set_deleting(session: Session, instance_id: str) -> None:
    """Write down that an instance is to go; a failed order is gone in its owner's eyes already."""
    await session.execute(
        update(Instance)
        .where(Instance.id == instance_id, Instance.status != "failed")
        .values(status="deleting", desired="gone", message=None)
    )


async def set_creating(session: Session, instance: Instance) -> None:
    """Write down that a failed order is tried again. Raises Conflict when its name is taken."""
    instance.status, instance.desired = "creating", "running"
    instance.message = None
    taken = Text(
        "Another instance is named {name!r} by now: remove that, or order anew.", name=instance.name
    )
    await names.save_named(session, instance, if_taken=taken)


async def set_running(
    session: Session, instance_id: str, *, container_id: str, **made: Any
) -> None:
    """Write down that people can use it; one that is to be removed stays so.

    made: columns that follow from how it was made (Any: JSON among them).
    """
    await _brought_about(session, instance_id, "running", container_id=container_id, **made)


async def set_stopped(session: Session, instance_id: str) -> None:
    """Write down that an instance was stopped; one that is to be removed stays so."""
    await _brought_about(session, instance_id, "stopped")


async def set_found(session: Session, instance_id: str, finding: Finding, *, at: datetime) -> None:
    """Write down what a look found."""
    await session.execute(
        update(Instance)
        .where(Instance.id == instance_id)
        .values(
            observed=finding.observed,
            observed_at=at,
            health=finding.health,
            status=finding.status,
            message=finding.message,
        )
    )


async def set_unknown(session: Session, server_id: str) -> None:
    """Write down that nobody can see how the instances of a server stand."""
    await session.execute(
        update(Instance)
        .where(Instance.server_id == server_id, Instance.deleted_at.is_(None))
        .where(Instance.status.not_in(("creating", "failed")))
        .values(observed="unknown", observed_at=now(), health=None)
    )


async def set_failed(session: Session, instance_id: str, *, message: str | None) -> None:
    """Write down that an order failed; it keeps its credentials only, to be tried again."""
    await _let_go(session, instance_id)
    await session.execute(
        update(Instance)
        .where(Instance.id == instance_id)
        .values(status="failed", desired="gone", message=message)
    )


async def set_deleted(session: Session, instance_id: str, *, data_kept: bool) -> None:
    """Write down that an instance is gone; its row stays as a record."""
    await _let_go(session, instance_id)
    await session.execute(
        update(Instance)
        .where(Instance.id == instance_id)
        .values(deleted_at=now(), data_kept=data_kept, secrets_sealed="")
    )


def _refusal(status: Status, name: str) -> Text:
    if status == "creating":
        return Text(
            "{name} is still being made: wait for its operation, or cancel that.", name=name
        )
    if status == "deleting":
        return Text("{name} is being removed.", name=name)
    if status == "failed":
        return Text("The order of {name} failed: try its operation again, or remove it.", name=name)
    return Text("{name} has just changed; look again.", name=name)


async def _brought_about(
    session: Session,
    instance_id: str,
    status: Status,
    **values: Any,  # Any: columns
) -> None:
    observed: Observed = "running" if status == "running" else "stopped"
    health = "healthy" if status == "running" else None  # a client has just used it
    await session.execute(
        update(Instance)
        .where(Instance.id == instance_id, Instance.status != "deleting")
        .values(status=status, message=None, observed=observed, observed_at=now(), health=health)
        .values(values)
    )


async def _let_go(session: Session, instance_id: str) -> None:
    await inventory.release_ports(session, instance_id=instance_id)
    await session.execute(
        update(Instance)
        .where(Instance.id == instance_id)
        .values(port=None, db_port=None, container_id=None)
        .values(observed=None, observed_at=now(), health=None)
    )
