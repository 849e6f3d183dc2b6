"""From request to answer when a resource is ordered or removed: the room decides, we wait."""

from moorage.idempotency.service import Answer, Made, still_running
from moorage.instances import rules, servers, verbs
from moorage.instances import service as instances
from moorage.instances.service import Order
from moorage.instances.tools import Tools
from moorage.operations import service as operations
from moorage.operations.models import Operation
from moorage.web.answers import REMOVED_WITHIN_S, located
from moorage.web.once import Once
from moorage.web.resources import numbers, schemas
from moorage.web.resources.schemas import JsonObject
from moorage.web.trail import Visit

_ANSWERED_WITHIN_S = 30  # after the wait; then a repeated request may answer in our place


async def place(tools: Tools, visit: Visit, once: Once, order: Order, *, wait_s: float) -> Answer:
    """Order a resource and wait for it: 201 when it is ready in time, else 202."""
    known = await once.recall()
    if known is None:
        await servers.check_engine(tools, order.server)
        known = await _ordered(tools, visit, once, order, busy_s=wait_s + _ANSWERED_WITHIN_S)
    if isinstance(known, Answer):
        return known
    await _check_over(tools, known)
    operation = await operations.wait(tools.db, known.subject, timeout_s=wait_s)
    if operation.has_failed:
        await once.forget()
        raise operations.failure(operation)
    answer = await _answer(tools, operation)
    await once.keep(answer)
    return answer


async def remove(tools: Tools, visit: Visit, number: str, *, keep_data: bool) -> Answer:
    """Remove a resource and wait until it is gone: 200, or 202 when that takes long."""
    async with tools.db.read() as session:
        instance = await numbers.get(session, visit.caller, number)
    await servers.check_engine_of(tools, instance)
    async with tools.db.begin() as session:
        instance = await numbers.get(session, visit.caller, number)
        operation = await verbs.delete(session, instance, keep_data=keep_data)
        await visit.record(session, operation.kind, instance.id)
    operation = await operations.wait(tools.db, operation.id, timeout_s=REMOVED_WITHIN_S)
    if operation.has_failed:
        raise operations.failure(operation)
    is_gone = operation.is_ended
    body: JsonObject = {"id": instance.number, "deleted": is_gone}
    if operation.args["keep_data"]:
        body["volume"] = rules.volume_name(rules.container_name(tools.installation, instance))
    return Answer(200, {}, body) if is_gone else located(operation, 202, body)


async def _ordered(
    tools: Tools, visit: Visit, once: Once, order: Order, *, busy_s: float
) -> Answer | Made:
    """Return the operation that this request has begun, or what another one did meanwhile."""
    async with tools.db.begin() as session:
        known = await once.hold(session, busy_s=busy_s)
        if known is not None:
            return known
        instance, operation = await instances.create(
            session, tools, owner_id=visit.caller.user_id, order=order
        )
        await once.made(session, operation.id)
        await visit.record(session, operation.kind, instance.id)
    return Made(operation.id, is_busy=False)


async def _check_over(tools: Tools, made: Made) -> None:
    """Raise Conflict while the first request, which waits for its operation, may still answer."""
    if made.is_busy:
        async with tools.db.read() as session:
            operation = await operations.get(session, made.subject)
        if not operation.is_ended:
            raise still_running()


async def _answer(tools: Tools, operation: Operation) -> Answer:
    async with tools.db.read() as session:
        instance = await instances.get(session, operation.subject)
    body = schemas.full(tools, instance)
    return located(operation, 201 if operation.is_ended else 202, body)
