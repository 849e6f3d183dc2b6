"""What an owner has done with an instance: start, stop, restart, remove, try again."""

from typing import Any

from moorage.instances import ports, quotas, states
from moorage.instances import service as instances
from moorage.instances.models import Desired, Instance
from moorage.instances.tools import Tools
from moorage.kit.db import Session
from moorage.kit.errors import Conflict
from moorage.kit.i18n import Text
from moorage.operations import service as operations
from moorage.operations.models import Operation


async def start(session: Session, instance: Instance) -> Operation:
    """Have an instance run; asking again joins the start that is under way.

    Raises Conflict unless it has been made, as stop and restart do.
    """
    if joined := await operations.under_way(session, subject=instance.id, kind="instance.start"):
        return joined
    about = _about(instance, wish="running")
    await states.wish(session, instance, "running")
    return await operations.enqueue(session, "instance.start", **about)


async def stop(session: Session, instance: Instance) -> Operation:
    """Have an instance stopped, also after a restart of its server; asking again joins."""
    if joined := await operations.under_way(session, subject=instance.id, kind="instance.stop"):
        return joined
    about = _about(instance, wish="stopped")
    await states.wish(session, instance, "stopped")
    return await operations.enqueue(session, "instance.stop", **about)


async def restart(session: Session, instance: Instance) -> Operation:
    """Have an instance stopped and started; asking again joins."""
    if joined := await operations.under_way(session, subject=instance.id, kind="instance.restart"):
        return joined
    about = _about(instance, wish="running")
    await states.wish(session, instance, "running")
    return await operations.enqueue(session, "instance.restart", **about)


async def delete(session: Session, instance: Instance, *, keep_data: bool) -> Operation:
    """Have an instance removed; asking again joins the removal that is under way.

    What else is being done with it is cancelled. Raises Conflict while deletion protection is on.
    """
    _check_unprotected(instance)
    if joined := await operations.under_way(session, subject=instance.id, kind="instance.delete"):
        return joined
    about = _about(instance, wish="gone", keep_data=keep_data)
    await operations.cancel_all(session, subject=instance.id)
    await states.set_deleting(session, instance.id)
    return await operations.enqueue(session, "instance.delete", **about)


async def retry(session: Session, tools: Tools, operation: Operation) -> Operation:
    """Have a failed or cancelled operation on an instance tried again.

    Raises Conflict (it has not failed, the instance is gone, protected against the removal, or
    its name taken), QuotaExceeded, Unavailable (no port is left).
    """
    retried = await operations.retry(session, operation)
    instance = await instances.get(session, operation.subject)
    if instance.deleted_at is not None:
        raise Conflict(Text("{name} is gone.", name=instance.name))
    if operation.kind == "instance.create":
        await _order_again(session, tools, instance)
    elif operation.kind == "instance.delete":
        _check_unprotected(instance)
        await states.set_deleting(session, instance.id)
    elif "wish" in operation.args:
        await states.wish(session, instance, operation.args["wish"])
    return retried


def _check_unprotected(instance: Instance) -> None:
    if instance.deletion_protection:
        raise Conflict(
            Text(
                "{name} is protected against deletion. Lift it first: "
                'PATCH it with {{"deletion_protection": false}}.',
                name=instance.name,
            )
        )


async def _order_again(session: Session, tools: Tools, instance: Instance) -> None:
    if not instance.secrets_sealed:
        raise Conflict(
            Text("The credentials of {name} are gone; order it anew.", name=instance.name)
        )
    await quotas.check(
        session, tools.settings, owner_id=instance.owner_id, memory_mib=instance.memory_mib
    )
    await ports.reserve(session, tools, instance)
    await states.set_creating(session, instance)


def _about(instance: Instance, *, wish: Desired, **args: bool) -> dict[str, Any]:  # Any: arguments
    """Return what an operation is about, as enqueue takes it."""
    return {
        "subject": instance.id,
        "owner_id": instance.owner_id,
        "server_id": instance.server_id,
        "args": {"wish": wish, "was": instance.desired, **args},
    }
