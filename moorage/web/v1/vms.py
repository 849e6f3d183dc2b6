"""`/v1/vms`: virtual machines of the cloud, by operations that can be watched."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import Field

from moorage.idempotency.service import Answer, fingerprint
from moorage.instances.tools import Tools
from moorage.kit.db import Session
from moorage.kit.paging import Listed, listed, unknown_cursor
from moorage.openstack.port import Server, UnknownMarker
from moorage.vms import looks
from moorage.vms import service as vms
from moorage.vms.rules import Wanted
from moorage.web import bodies
from moorage.web.answers import respond
from moorage.web.deps import CallerDep, ToolsDep, VisitDep, WriterDep
from moorage.web.once import KeyDep, Once
from moorage.web.paging import ListOut, PageDep
from moorage.web.trail import Visit
from moorage.web.v1.fields import In, Out
from moorage.web.v1.nouns import noun, problems
from moorage.web.v1.operations import ACCEPTED, OperationOut, accepted
from moorage.web.vms.orders import Do
from moorage.web.vms.schemas import SizeOut

JsonObject = dict[str, Any]  # Any: JSON


class VmIn(In):
    """A VM to make. keep_failed: when it goes to ERROR, for you to look at."""

    name: str
    image: str = Field(description="A name or an id, as the next two.")
    flavor: str
    network: str
    keep_failed: bool = False


class VmOut(Out):
    """A VM. addresses: by network, as Nova has them; fault: why it is in ERROR.

    owner_id: null: it was not made through us.
    """

    id: str
    name: str
    status: str = Field(description="As Nova says it.", examples=["ACTIVE"])
    addresses: JsonObject
    image: JsonObject | None
    flavor: SizeOut
    created_at: str = Field(validation_alias="created")
    fault: str | None
    owner_id: str | None


_ORDER: Mapping[str, object] = {
    "name": "web-1",
    "image": "cirros",
    "flavor": "m1.tiny",
    "network": "private",
}
_CLOUD = problems(403, 502, 504)

router = noun("vms")


@router.post(
    "",
    status_code=202,
    response_model=OperationOut,
    responses=ACCEPTED | problems(409, 413, 422) | _CLOUD,
    openapi_extra=bodies.described(VmIn, _ORDER),
)
async def create_vm(
    request: Request, caller: WriterDep, visit: VisitDep, tools: ToolsDep, key: KeyDep = None
) -> JSONResponse:
    """Order a VM; when its operation has succeeded, it is ACTIVE."""
    content = await bodies.read_json(request)
    given = bodies.parse(VmIn, content)
    once = Once(tools, caller.user_id, key, fingerprint("POST /v1/vms", content))
    known = await once.recall()
    if isinstance(known, Answer):
        return respond(known)
    order = await looks.order(tools.cloud, Wanted(**given.model_dump()))

    async def make(session: Session) -> Answer:
        operation = await vms.create(session, owner_id=caller.user_id, order=order)
        await visit.record(session, operation.kind, operation.subject)
        return accepted(operation)

    return respond(await once.make(make))


@router.get("", response_model=ListOut[VmOut], responses=_CLOUD)
async def list_vms(caller: CallerDep, tools: ToolsDep, page: PageDep) -> Listed:
    """List your VMs, newest first; an administrator sees all of the cloud's project."""
    try:
        found = await looks.page_own(
            tools.db, tools.cloud, caller, limit=page.one_more, marker=page.after
        )
    except UnknownMarker as error:
        raise unknown_cursor() from error
    return listed(found, page)


@router.get("/{vm:path}", response_model=VmOut, responses=problems(404, 409) | _CLOUD)
async def show_vm(vm: str, caller: CallerDep, tools: ToolsDep) -> Server:
    """Show a VM, by its id with the cloud, that of its order, or its name."""
    return await looks.get_own(tools.db, tools.cloud, caller, vm)


@router.delete(
    "/{vm:path}",
    status_code=202,
    response_model=OperationOut,
    responses=ACCEPTED | problems(404, 409) | _CLOUD,
)
async def delete_vm(vm: str, _caller: WriterDep, visit: VisitDep, tools: ToolsDep) -> JSONResponse:
    """Remove a VM."""
    return respond(await _ask(tools, visit, vm, vms.delete))


@router.post(
    "/{vm:path}/start",
    status_code=202,
    response_model=OperationOut,
    responses=ACCEPTED | problems(404, 409, 422) | _CLOUD,
)
async def start_vm(
    vm: str, _caller: WriterDep, visit: VisitDep, tools: ToolsDep, key: KeyDep = None
) -> JSONResponse:
    """Have a VM run."""
    return respond(await _ask(tools, visit, vm, vms.start, key=key))


@router.post(
    "/{vm:path}/stop",
    status_code=202,
    response_model=OperationOut,
    responses=ACCEPTED | problems(404, 409, 422) | _CLOUD,
)
async def stop_vm(
    vm: str, _caller: WriterDep, visit: VisitDep, tools: ToolsDep, key: KeyDep = None
) -> JSONResponse:
    """Have a VM shut down."""
    return respond(await _ask(tools, visit, vm, vms.stop, key=key))


@router.post(
    "/{vm:path}/reboot",
    status_code=202,
    response_model=OperationOut,
    responses=ACCEPTED | problems(404, 409, 422) | _CLOUD,
)
async def reboot_vm(
    vm: str, _caller: WriterDep, visit: VisitDep, tools: ToolsDep, key: KeyDep = None
) -> JSONResponse:
    """Have a VM shut down and started."""
    return respond(await _ask(tools, visit, vm, vms.reboot, key=key))


async def _ask(tools: Tools, visit: Visit, vm: str, do: Do, *, key: str | None = None) -> Answer:
    """Have something done with a VM of the caller's."""
    server = await looks.get_own(tools.db, tools.cloud, visit.caller, vm)

    async def make(session: Session) -> Answer:
        operation = await do(session, visit.caller, server)
        await visit.record(session, operation.kind, operation.subject)
        return accepted(operation)

    asked = fingerprint(f"{do.__name__} /v1/vms", vm)
    return await Once(tools, visit.caller.user_id, key, asked).make(make)
