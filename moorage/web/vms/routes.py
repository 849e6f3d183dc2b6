"""Routes of the VMs door."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse

from moorage.openstack.port import LONGEST_PAGE, Flavor, Image, Network
from moorage.vms import looks
from moorage.vms import service as vms
from moorage.web import bodies
from moorage.web.answers import LOCATED, Documented, errors, respond
from moorage.web.deps import CallerDep, ToolsDep, VisitDep, WriterDep
from moorage.web.params import refuse_unknown
from moorage.web.vms import orders, schemas
from moorage.web.vms.schemas import JsonObject, RefusalOut

_NOT_THERE = errors(
    RefusalOut,
    {404: "There is no such thing, or it is somebody else's.", 409: "Several have that name."},
)
_UNDER_WAY: Documented = {202: {"headers": LOCATED}}
_BEING_REMOVED: Documented = {202: {"model": schemas.RemovedOut, "headers": LOCATED}}

router = APIRouter(
    prefix="/api/v1",
    tags=["virtual machines"],
    dependencies=[Depends(refuse_unknown), Depends(bodies.refuse_unasked)],
    responses=errors(
        RefusalOut,
        {
            400: "Something is wrong with a field, or the cloud has no room: its own reason.",
            401: "Nobody known is calling.",
            403: "The caller may not do this, or the cloud's credentials are missing or wrong.",
            429: "Too many requests.",
            502: "The cloud does not answer, or could not do it: its own reason.",
            503: "The database or the store of sessions does not answer.",
            504: "The cloud takes too long.",
        },
    ),
)

Limit = Annotated[int, Query(ge=1, description="How many at most; never more than a thousand.")]
Marker = Annotated[
    str | None, Query(min_length=1, description="The id of the last one of the page before.")
]


@router.get("/image", response_model=schemas.ImagesOut)
async def list_images(
    _caller: CallerDep, tools: ToolsDep, limit: Limit = LONGEST_PAGE, marker: Marker = None
) -> JsonObject:
    """List the images that a VM can boot from."""
    return {"images": await looks.page(tools.cloud, Image, limit=limit, marker=marker)}


@router.get("/image/{image:path}", response_model=schemas.OneImageOut, responses=_NOT_THERE)
async def show_image(image: str, _caller: CallerDep, tools: ToolsDep) -> JsonObject:
    """Show an image, by its name or id."""
    return {"image": await looks.get(tools.cloud, Image, image)}


@router.get("/flavor", response_model=schemas.FlavorsOut)
async def list_flavors(
    _caller: CallerDep, tools: ToolsDep, limit: Limit = LONGEST_PAGE, marker: Marker = None
) -> JsonObject:
    """List the sizes that a VM can have."""
    return {"flavors": await looks.page(tools.cloud, Flavor, limit=limit, marker=marker)}


@router.get("/flavor/{flavor:path}", response_model=schemas.OneFlavorOut, responses=_NOT_THERE)
async def show_flavor(flavor: str, _caller: CallerDep, tools: ToolsDep) -> JsonObject:
    """Show a flavor, by its name or id."""
    return {"flavor": await looks.get(tools.cloud, Flavor, flavor)}


@router.get("/network", response_model=schemas.NetworksOut)
async def list_networks(
    _caller: CallerDep, tools: ToolsDep, limit: Limit = LONGEST_PAGE, marker: Marker = None
) -> JsonObject:
    """List the networks that a VM can be attached to."""
    return {"networks": await looks.page(tools.cloud, Network, limit=limit, marker=marker)}


@router.get("/network/{network:path}", response_model=schemas.OneNetworkOut, responses=_NOT_THERE)
async def show_network(network: str, _caller: CallerDep, tools: ToolsDep) -> JsonObject:
    """Show a network, by its name or id."""
    return {"network": await looks.get(tools.cloud, Network, network)}


@router.get("/limits", response_model=schemas.LimitsOut)
async def show_limits(_caller: CallerDep, tools: ToolsDep) -> JsonObject:
    """Show what the cloud lets us have, and how much of it is used."""
    return {"limits": {"absolute": await tools.cloud.limits()}}


@router.get("/server", response_model=schemas.ServersOut)
async def list_servers(
    caller: CallerDep, tools: ToolsDep, limit: Limit = LONGEST_PAGE, marker: Marker = None
) -> JsonObject:
    """List your VMs; an administrator sees all of the cloud's project."""
    found = await looks.page_own(tools.db, tools.cloud, caller, limit=limit, marker=marker)
    return {"servers": found}


@router.post(
    "/server",
    status_code=201,
    response_model=schemas.OneServerOut,
    responses=_UNDER_WAY | _NOT_THERE,
    openapi_extra=bodies.described(schemas.VmIn, schemas.ORDER, kinds=bodies.BOTH),
)
async def create_server(
    request: Request,
    _caller: WriterDep,
    visit: VisitDep,
    tools: ToolsDep,
    wait: Annotated[float, Query(ge=0, le=600, description="Seconds to wait for it.")] = 120,
    keep_failed: Annotated[bool, Query(description="Keep one that went to ERROR.")] = False,
) -> JSONResponse:
    """Make a VM; answer when it is ACTIVE, or after the wait."""
    content = await bodies.read(request)
    return respond(await orders.place(tools, visit, content, wait_s=wait, keep_failed=keep_failed))


@router.get("/server/{id:path}", response_model=schemas.OneServerOut, responses=_NOT_THERE)
async def show_server(id: str, caller: CallerDep, tools: ToolsDep) -> JsonObject:  # noqa: A002
    """Show a VM, by its id or name."""
    return {"server": await looks.get_own(tools.db, tools.cloud, caller, id)}


@router.delete(
    "/server/{id:path}",
    response_model=schemas.RemovedOut,
    responses=_BEING_REMOVED | _NOT_THERE,
)
async def delete_server(
    id: str,  # noqa: A002
    _caller: WriterDep,
    visit: VisitDep,
    tools: ToolsDep,
) -> JSONResponse:
    """Remove a VM; answer when it is gone."""
    return respond(await orders.remove(tools, visit, id))


@router.post(
    "/server/{id:path}/start",
    status_code=202,
    response_model=schemas.OneServerOut,
    responses=_UNDER_WAY | _NOT_THERE,
)
async def start_server(
    id: str,  # noqa: A002
    _caller: WriterDep,
    visit: VisitDep,
    tools: ToolsDep,
) -> JSONResponse:
    """Have a VM run."""
    return respond(await orders.ask(tools, visit, id, vms.start))


@router.post(
    "/server/{id:path}/stop",
    status_code=202,
    response_model=schemas.OneServerOut,
    responses=_UNDER_WAY | _NOT_THERE,
)
async def stop_server(
    id: str,  # noqa: A002
    _caller: WriterDep,
    visit: VisitDep,
    tools: ToolsDep,
) -> JSONResponse:
    """Have a VM shut down."""
    return respond(await orders.ask(tools, visit, id, vms.stop))


@router.post(
    "/server/{id:path}/reboot",
    status_code=202,
    response_model=schemas.OneServerOut,
    responses=_UNDER_WAY | _NOT_THERE,
)
async def reboot_server(
    id: str,  # noqa: A002
    _caller: WriterDep,
    visit: VisitDep,
    tools: ToolsDep,
) -> JSONResponse:
    """Have a VM shut down and started."""
    return respond(await orders.ask(tools, visit, id, vms.reboot))
