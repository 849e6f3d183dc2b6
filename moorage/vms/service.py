"""Order a VM, have it started, stopped, rebooted, removed.

VMs have no rows: the cloud knows them, and their metadata says whose they are. What is being
done with them is in their operations.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from moorage.identity.rules import Caller
from moorage.kit.db import Session
from moorage.kit.errors import Conflict, Invalid, MoorageError, NotFound
from moorage.kit.i18n import Text
from moorage.kit.ids import new_id
from moorage.openstack.port import Broken, OverQuota, Refused, Server, TooSlow, Unreachable
from moorage.operations import service as operations
from moorage.operations.models import Operation
from moorage.vms import rules
from moorage.vms.rules import Order

# To the queue the cloud is one more server, with room for so many operations at once.
CLOUD = "openstack"

_FAILURES: Mapping[str, type[MoorageError]] = {
    kind.__name__: kind
    for kind in (OverQuota, Invalid, Conflict, Refused, Broken, Unreachable, TooSlow)
}


async def create(session: Session, *, owner_id: str, order: Order) -> Operation:
    """Order a VM; the operation, whose subject is its id with us, makes it run."""
    return await operations.enqueue(
        session,
        "vm.create",
        subject=new_id(rules.PREFIX),
        owner_id=owner_id,
        server_id=CLOUD,
        args=asdict(order),
    )


async def start(session: Session, caller: Caller, server: Server) -> Operation:
    """Have a VM run."""
    return await operations.enqueue(session, "vm.start", **_about(caller, server))


async def stop(session: Session, caller: Caller, server: Server) -> Operation:
    """Have a VM shut down."""
    return await operations.enqueue(session, "vm.stop", **_about(caller, server))


async def reboot(session: Session, caller: Caller, server: Server) -> Operation:
    """Have a VM shut down and started."""
    return await operations.enqueue(session, "vm.reboot", **_about(caller, server))


async def delete(session: Session, caller: Caller, server: Server) -> Operation:
    """Have a VM removed; asking again joins, and what else is being done with it is cancelled."""
    about = _about(caller, server)
    subject = about["subject"]
    if joined := await operations.under_way(session, subject=subject, kind="vm.delete"):
        return joined
    await operations.cancel_all(session, subject=subject)
    return await operations.enqueue(session, "vm.delete", **about)


async def list_ordered(session: Session, caller: Caller) -> list[Server]:
    """Return the caller's VMs that are being made, newest first."""
    orders = await operations.list_unfinished(session, kind="vm.create", owner_id=caller.sees)
    return [made(order) for order in orders if not order.has_failed]


async def find_ordered(session: Session, caller: Caller, vm_id: str) -> Server | None:
    """Return a VM of the caller's that is being made. Raises NotFound with why that failed."""
    orders = await operations.list_own(
        session, owner_id=caller.sees, limit=1, kind="vm.create", subject=vm_id
    )
    for order in orders:
        if order.has_failed:
            reason = failure(order).message
            raise NotFound(Text("There is no VM {name!r}: {reason}", name=vm_id, reason=reason))
        if not order.is_ended:
            return made(order)
    return None


def made(operation: Operation) -> Server:
    """Return the VM that an operation makes, as far as it is by now."""
    results: dict[str, Any] = {  # Any: JSON
        step["name"]: step["result"] for step in operation.steps if "result" in step
    }
    if "Active" in results:
        return Server(**results["Active"])
    created = f"{operation.created_at:%Y-%m-%dT%H:%M:%SZ}"
    found = rules.ordered(
        operation.subject, operation.args, owner_id=operation.owner_id, created=created
    )
    return replace(found, id=results.get("Server", found.id))


def failure(operation: Operation) -> MoorageError:
    """Return, as an error to raise, why an operation on a VM failed."""
    kind = _FAILURES.get(operation.error_kind or "")
    if kind is None or not operation.error:
        return operations.failure(operation)
    return kind(operation.error)


def _about(caller: Caller, server: Server) -> dict[str, Any]:  # Any: arguments
    """Return what an operation is about, as enqueue takes it."""
    return {
        "subject": server.vm_id or server.id,
        "owner_id": server.owner_id or caller.user_id,
        "server_id": CLOUD,
        "args": {"server": server.id},
    }
