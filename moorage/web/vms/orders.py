"""From request to answer when a VM is made, changed or removed: the room decides, we wait."""

from collections.abc import Awaitable, Callable

from moorage.idempotency.service import Answer
from moorage.identity.rules import Caller
from moorage.instances.tools import Tools
from moorage.kit.db import Session
from moorage.openstack.port import Server
from moorage.operations import service as operations
from moorage.operations.models import Operation
from moorage.vms import looks
from moorage.vms import service as vms
from moorage.web.answers import REMOVED_WITHIN_S, located
from moorage.web.trail import Visit
from moorage.web.vms import schemas
from moorage.web.vms.schemas import JsonObject

Do = Callable[[Session, Caller, Server], Awaitable[Operation]]


async def place(
    tools: Tools, visit: Visit, content: JsonObject, *, wait_s: float, keep_failed: bool
) -> Answer:
    """Order a VM and wait for it: 201 when it runs in time, else 202."""
    wanted, faults = schemas.wanted(content, keep_failed=keep_failed)
    order = await looks.order(tools.cloud, wanted, faults=faults)
    async with tools.db.begin() as session:
        operation = await vms.create(session, owner_id=visit.caller.user_id, order=order)
        await visit.record(session, operation.kind, operation.subject)
    operation = await operations.wait(tools.db, operation.id, timeout_s=wait_s)
    if operation.has_failed:
        raise vms.failure(operation)
    body = {"server": schemas.server(vms.made(operation))}
    return located(operation, 201 if operation.is_ended else 202, body)


async def ask(tools: Tools, visit: Visit, identifier: str, do: Do) -> Answer:
    """Have something done with a VM; it goes on after the answer."""
    server, operation = await _begun(tools, visit, identifier, do)
    return located(operation, 202, {"server": schemas.server(server)})


async def remove(tools: Tools, visit: Visit, identifier: str) -> Answer:
    """Remove a VM and wait until it is gone: 200, or 202 when that takes long."""
    server, operation = await _begun(tools, visit, identifier, vms.delete)
    operation = await operations.wait(tools.db, operation.id, timeout_s=REMOVED_WITHIN_S)
    if operation.has_failed:
        raise vms.failure(operation)
    body = {"server": schemas.server(server), "success": operation.is_ended}
    return located(operation, 200 if operation.is_ended else 202, body)


async def _begun(tools: Tools, visit: Visit, identifier: str, do: Do) -> tuple[Server, Operation]:
    server = await looks.get_own(tools.db, tools.cloud, visit.caller, identifier)
    async with tools.db.begin() as session:
        operation = await do(session, visit.caller, server)
        await visit.record(session, operation.kind, operation.subject)
    return server, operation
