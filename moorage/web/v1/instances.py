"""`/v1/instances`: what runs for people."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, Header, Query, Request
from fastapi.responses import JSONResponse, Response

from moorage.idempotency.service import Answer, fingerprint
from moorage.identity import service as identity
from moorage.instances import apps, inside, labels, listing, servers, verbs
from moorage.instances import service as instances
from moorage.instances.listing import Wanted
from moorage.instances.models import Instance, Status
from moorage.instances.tools import Tools
from moorage.inventory import service as inventory
from moorage.kit.db import Session
from moorage.operations.models import Operation
from moorage.web import bodies, etags, sse
from moorage.web.answers import Documented, respond
from moorage.web.deps import CallerDep, HoldsDep, ToolsDep, VisitDep, WriterDep
from moorage.web.etags import IfMatchDep
from moorage.web.once import KeyDep, Once
from moorage.web.paging import ListOut, PageDep
from moorage.web.sse import EventStream
from moorage.web.trail import Visit
from moorage.web.v1 import instance_orders
from moorage.web.v1 import instance_schemas as schemas
from moorage.web.v1.instance_schemas import (
    CredentialsOut,
    InstanceIn,
    InstanceItem,
    InstanceOut,
    InstancePatch,
    LogOut,
    StateOut,
)
from moorage.web.v1.nouns import noun, problems
from moorage.web.v1.operations import ACCEPTED, OperationOut, accepted

Do = Callable[[Session, Instance], Awaitable[Operation]]

_LOG: Documented = {
    200: {
        "description": "The last lines; with `follow`, all that come after them too.",
        "content": sse.described(line='{"text":"Ready to accept connections"}'),
    }
}


async def get_wanted(
    caller: CallerDep,
    tools: ToolsDep,
    status: Annotated[Status | None, Query()] = None,
    blueprint: Annotated[str | None, Query(pattern=r"^[a-z0-9-]{1,64}$")] = None,
    server: Annotated[str | None, Query(description="Its name.")] = None,
    label: Annotated[str | None, Query(examples=["team=payments"])] = None,
    owner: Annotated[
        str | None, Query(description="An id or a username; admins may name anybody.")
    ] = None,
) -> Wanted:
    """Return which instances a list shows. Raises Invalid, NotFound."""
    owner_id, server_id = caller.sees, None
    async with tools.db.read() as session:
        if owner is not None:
            owner_id = (await identity.get_user_for(session, caller, owner)).id
        if server is not None:
            server_id = (await inventory.choose_server(session, server)).id
    return Wanted(
        owner_id=owner_id,
        status=status,
        blueprint=blueprint,
        server_id=server_id,
        label=labels.pair(label) if label is not None else None,
    )


async def get_follow(
    accept: Annotated[str, Header(include_in_schema=False)] = "",
    follow: Annotated[bool, Query(description="Or accept `text/event-stream`.")] = False,
) -> bool:
    """Return whether a log is to be followed."""
    return follow or EventStream.media_type in accept


WantedDep = Annotated[Wanted, Depends(get_wanted)]
FollowDep = Annotated[bool, Depends(get_follow)]

router = noun("instances")


@router.post(
    "",
    status_code=202,
    response_model=OperationOut,
    responses=ACCEPTED | problems(403, 409, 413, 422),
    openapi_extra=bodies.described(InstanceIn, schemas.ORDER),
)
async def create_instance(
    request: Request, caller: WriterDep, visit: VisitDep, tools: ToolsDep, key: KeyDep = None
) -> JSONResponse:
    """Order an instance; when its operation has succeeded, a client can log in."""
    content = await bodies.read_json(request)
    order = await instance_orders.order(tools, content)
    once = Once(tools, caller.user_id, key, fingerprint("POST /v1/instances", content))

    async def make(session: Session) -> Answer:
        with instance_orders.in_our_words():
            instance, operation = await instances.create(
                session, tools, owner_id=caller.user_id, order=order
            )
        await visit.record(session, operation.kind, instance.id)
        return accepted(operation)

    if await once.recall() is None:
        await servers.check_engine(tools, order.server)
        await apps.check_room(tools, order, sees=caller.sees)
    return respond(await once.make(make))


@router.get("", response_model=ListOut[InstanceItem], responses=problems(403, 404))
async def list_instances(tools: ToolsDep, page: PageDep, wanted: WantedDep) -> Response:
    """List your instances, newest first; an administrator sees everybody's."""
    body = await listing.json_page(tools.db, wanted, page)
    return Response(body, media_type="application/json")


@router.get("/{instance}", response_model=InstanceOut, responses=problems(404) | etags.SHOWN)
async def show_instance(instance: str, caller: CallerDep, tools: ToolsDep) -> Response:
    """Show an instance, by its id, number or name: how it stands, where it is, what it uses."""
    async with tools.db.read() as session:
        found = await instances.get_own(session, caller, instance)
    return await _shown(tools, found)


@router.patch(
    "/{instance}",
    response_model=InstanceOut,
    responses=problems(403, 404, 409, 412, 413) | etags.SHOWN,
    openapi_extra=bodies.described(InstancePatch, {"labels": {"team": "payments"}}),
)
async def change_instance(
    instance: str,
    request: Request,
    caller: WriterDep,
    visit: VisitDep,
    tools: ToolsDep,
    if_match: IfMatchDep,
) -> Response:
    """Change the name of an instance, its labels, or its protection against deletion."""
    content = await bodies.read_json(request)
    changes = bodies.parse(InstancePatch, content).changes()
    async with tools.db.begin() as session:
        found = await instances.get_own(session, caller, instance)
        if_match.check(StateOut.model_validate(found))
        await instances.change(session, found, changes)
        await visit.record(session, "instance.change", found.id, detail=", ".join(changes))
    return await _shown(tools, found)


@router.delete(
    "/{instance}",
    status_code=202,
    response_model=OperationOut,
    responses=ACCEPTED | problems(403, 404, 409, 412),
)
async def delete_instance(
    instance: str,
    _caller: WriterDep,
    visit: VisitDep,
    tools: ToolsDep,
    if_match: IfMatchDep,
    keep_data: Annotated[bool, Query(description="Keep its volume.")] = False,
) -> JSONResponse:
    """Remove an instance for good, and its data unless you keep them."""

    async def do(session: Session, found: Instance) -> Operation:
        if_match.check(StateOut.model_validate(found))
        return await verbs.delete(session, found, keep_data=keep_data)

    return respond(await _ask(tools, visit, instance, do))


@router.post(
    "/{instance}/start",
    status_code=202,
    response_model=OperationOut,
    responses=ACCEPTED | problems(403, 404, 409, 422),
)
async def start_instance(
    instance: str, _caller: WriterDep, visit: VisitDep, tools: ToolsDep, key: KeyDep = None
) -> JSONResponse:
    """Have an instance run, until a client can log in."""
    return respond(await _ask(tools, visit, instance, verbs.start, key=key))


@router.post(
    "/{instance}/stop",
    status_code=202,
    response_model=OperationOut,
    responses=ACCEPTED | problems(403, 404, 409, 422),
)
async def stop_instance(
    instance: str, _caller: WriterDep, visit: VisitDep, tools: ToolsDep, key: KeyDep = None
) -> JSONResponse:
    """Stop an instance; it stays so, whatever happens to its server."""
    return respond(await _ask(tools, visit, instance, verbs.stop, key=key))


@router.post(
    "/{instance}/restart",
    status_code=202,
    response_model=OperationOut,
    responses=ACCEPTED | problems(403, 404, 409, 422),
)
async def restart_instance(
    instance: str, _caller: WriterDep, visit: VisitDep, tools: ToolsDep, key: KeyDep = None
) -> JSONResponse:
    """Stop an instance, and have it run again."""
    return respond(await _ask(tools, visit, instance, verbs.restart, key=key))


@router.get("/{instance}/credentials", response_model=CredentialsOut, responses=problems(404))
async def show_credentials(
    instance: str, caller: CallerDep, visit: VisitDep, tools: ToolsDep
) -> Response:
    """Show how to log in; the audit log has that you asked."""
    async with tools.db.begin() as session:
        found = await instances.get_own(session, caller, instance)
        told = schemas.credentials(tools, found)
        await visit.record(session, "instance.credentials", found.id)
    return JSONResponse(told.model_dump(mode="json"), headers={"Cache-Control": "no-store"})


@router.get("/{instance}/logs", response_model=LogOut, responses=problems(404) | _LOG)
async def read_log(
    instance: str,
    caller: CallerDep,
    tools: ToolsDep,
    holds: HoldsDep,
    follow: FollowDep,
    tail: Annotated[int, Query(ge=0, le=10_000, description="How many lines at most.")] = 100,
    service: Annotated[str | None, Query(description="Of an app: this service alone.")] = None,
) -> Response:
    """Show the last lines of an instance's log, or follow it until the instance stops."""
    async with tools.db.read() as session:
        found = await instances.get_own(session, caller, instance)
    if follow:
        return EventStream(tools.db.wakes, holds, _lines(tools, found, tail, service))
    shown = LogOut(lines=await inside.log(tools, found, tail=tail, service=service))
    return JSONResponse(shown.model_dump(), headers={"Cache-Control": "no-store"})


async def _ask(
    tools: Tools, visit: Visit, instance: str, do: Do, *, key: str | None = None
) -> Answer:
    """Have something done with an instance of the caller's."""

    async def make(session: Session) -> Answer:
        found = await instances.get_own(session, visit.caller, instance)
        operation = await do(session, found)
        await visit.record(session, operation.kind, found.id)
        return accepted(operation)

    asked = fingerprint(f"{do.__name__} /v1/instances", instance)
    return await Once(tools, visit.caller.user_id, key, asked).make(make)


async def _shown(tools: Tools, instance: Instance) -> Response:
    shown = await schemas.whole(tools, instance)
    return etags.answer(shown, of=StateOut.model_validate(instance))


@asynccontextmanager
async def _lines(
    tools: Tools, instance: Instance, tail: int, service: str | None
) -> AsyncIterator[AsyncIterator[bytes]]:
    async with inside.follow_log(tools, instance, tail=tail, service=service) as lines:
        yield (sse.event("line", {"text": line}) async for line in lines)
