"""How an instance stands: what jobs write down."""

from sqlalchemy import case, update

from moorage.instances.models import Instance, Status
from moorage.inventory import service as inventory
from moorage.kit.clock import now
from moorage.kit.db import Session


async def set_status(
    session: Session, instance_id: str, status: Status, *, message: str | None = None
) -> None:
    """Write down how an instance stands."""
    await session.execute(
        update(Instance).where(Instance.id == instance_id).values(status=status, message=message)
    )


async def set_running(
    session: Session, instance_id: str, *, version: str, container_id: str
) -> None:
    """Write down that a client could log in; one that is to be deleted stays so."""
    await session.execute(
        update(Instance)
        .where(Instance.id == instance_id)
        .values(
            version=version,
            container_id=container_id,
            status=case((Instance.status == "creating", "running"), else_=Instance.status),
        )
    )


async def set_failed(session: Session, instance_id: str, *, message: str | None) -> None:
    """Write down that an order failed; nothing is held for it any more."""
    await _let_go(session, instance_id)
    await set_status(session, instance_id, "failed", message=message)


async def set_deleted(session: Session, instance_id: str) -> None:
    """Write down that an instance is gone; its row stays as a record."""
    await _let_go(session, instance_id)
    await session.execute(
        update(Instance).where(Instance.id == instance_id).values(deleted_at=now())
    )


async def _let_go(session: Session, instance_id: str) -> None:
    await inventory.release_ports(session, instance_id=instance_id)
    await session.execute(
        update(Instance)
        .where(Instance.id == instance_id)
        .values(port=None, container_id=None, secrets_sealed="")
    )
