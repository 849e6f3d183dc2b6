"""Routes of the resources door."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import JSONResponse

from moorage.idempotency.service import fingerprint
from moorage.identity import service as identity
from moorage.instances import live
from moorage.instances import service as instances
from moorage.web import bodies
from moorage.web.answers import LOCATED, Documented, errors, respond
from moorage.web.deps import AdminDep, CallerDep, ToolsDep, VisitDep, WriterDep
from moorage.web.once import Once
from moorage.web.resources import numbers, orders, schemas
from moorage.web.resources.schemas import ErrorOut, JsonObject

LIST_LIMIT = 1000


_ORDERED: Documented = {
    201: {"headers": LOCATED},
    202: {
        "model": schemas.ResourceOut,
        "description": "It is being made; follow the operation.",
        "headers": LOCATED,
    },
}
_NOT_THERE = errors(ErrorOut, {404: "There is no such resource, or it is somebody else's."})
_NO_ENGINE = errors(ErrorOut, {503: "The engine does not answer, or the order failed: the reason."})

router = APIRouter(
    tags=["databases and caches"],
    dependencies=[Depends(bodies.refuse_unasked)],
    responses=errors(
        ErrorOut,
        {
            400: "Something is wrong with a field.",
            401: "Nobody known is calling.",
            403: "The caller may not do this.",
            429: "Too many failed logins.",
        },
    ),
)


@router.post(
    "/user",
    status_code=201,
    response_model=schemas.UserOut,
    responses=errors(ErrorOut, {409: "The name is taken."}),
    openapi_extra=bodies.described(schemas.UserIn, {"username": "anna"}),
)
async def create_user(
    request: Request, _admin: AdminDep, visit: VisitDep, tools: ToolsDep
) -> JsonObject:
    """Add a user; its token is shown this once. Takes JSON, a form, or a query parameter."""
    wanted = schemas.user(await bodies.read_fields(request))
    async with tools.db.begin() as session:
        user = await identity.create_user(session, username=wanted.username)
        _, token = await identity.issue_token(session, user=user, name="first")
        await visit.record(session, "user.create", user.id)
    return {"id": user.number, "username": user.username, "token": token}


@router.post(
    "/resource_list",
    status_code=201,
    response_model=schemas.ResourceOut,
    responses=_ORDERED
    | errors(
        ErrorOut,
        {
            409: "The name is taken, or the first request with this key is still running.",
            413: "The quota is used up, or the body is too large.",
            422: "The Idempotency-Key came with another request.",
        },
    )
    | _NO_ENGINE,
    openapi_extra=bodies.described(schemas.OrderIn, schemas.MYSQL_ORDER),
)
async def order_resource(
    request: Request,
    caller: WriterDep,
    visit: VisitDep,
    tools: ToolsDep,
    wait: Annotated[float, Query(ge=0, le=300, description="Seconds to wait for it.")] = 60,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> JSONResponse:
    """Order a database or a cache; answer when a client can log in, or after the wait."""
    content = await bodies.read_json(request)
    order = schemas.order(tools, content)
    print_of_request = fingerprint("POST /resource_list", content)
    once = Once(tools, caller.user_id, idempotency_key, print_of_request)
    return respond(await orders.place(tools, visit, once, order, wait_s=wait))


@router.get("/resource_list", response_model=schemas.ResourceList)
async def list_resources(
    caller: CallerDep,
    tools: ToolsDep,
    limit: Annotated[int, Query(ge=1, le=LIST_LIMIT)] = LIST_LIMIT,
    after: Annotated[int, Query(ge=0, lt=1 << 63, description="The last id you have.")] = 0,
) -> JSONResponse:
    """List your resources in the order they were made, without credentials."""
    async with tools.db.read() as session:
        rows = await instances.list_own(session, caller, after=after, limit=limit)
    return JSONResponse({"data": [schemas.item(row) for row in rows]})


@router.get("/resource/{id}", response_model=schemas.ResourceShown, responses=_NOT_THERE)
async def show_resource(id: str, caller: CallerDep, tools: ToolsDep) -> JSONResponse:  # noqa: A002
    """Show a resource with its credentials, and whether its server answers right now."""
    async with tools.db.read() as session:
        instance = await numbers.get(session, caller, id)
    is_running = await live.answers(tools, instance)
    return JSONResponse(schemas.full(tools, instance) | {"is_running": is_running})


@router.patch(
    "/resource/{id}",
    response_model=schemas.ResourceOut,
    responses=_NOT_THERE,
    openapi_extra=bodies.described(schemas.ProtectionIn, {"deletion_protection": True}),
)
async def protect_resource(
    id: str,  # noqa: A002
    request: Request,
    caller: WriterDep,
    visit: VisitDep,
    tools: ToolsDep,
) -> JSONResponse:
    """Switch deletion protection on or off."""
    change = bodies.parse(schemas.ProtectionIn, await bodies.read_json(request))
    async with tools.db.begin() as session:
        instance = await numbers.get(session, caller, id)
        await instances.change(
            session, instance, {"deletion_protection": change.deletion_protection}
        )
        await visit.record(session, "instance.protect", instance.id)
    return JSONResponse(schemas.full(tools, instance))


@router.delete(
    "/resource/{id}",
    response_model=schemas.DeletedOut,
    responses={
        202: {"model": schemas.DeletedOut, "description": "It is still being removed."},
    }
    | errors(ErrorOut, {409: "It is protected against deletion."})
    | _NOT_THERE
    | _NO_ENGINE,
)
async def delete_resource(
    id: str,  # noqa: A002
    _caller: WriterDep,
    visit: VisitDep,
    tools: ToolsDep,
    keep_data: Annotated[bool, Query(description="Keep the volume; its name is told.")] = False,
) -> JSONResponse:
    """Remove a resource for good: its container, and its data unless you keep them."""
    return respond(await orders.remove(tools, visit, id, keep_data=keep_data))
