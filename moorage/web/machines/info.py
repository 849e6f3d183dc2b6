"""`/api/info`: the machines that a caller may use."""

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from moorage.inventory import assignments
from moorage.inventory.machine import json_list
from moorage.web.answers import errors
from moorage.web.deps import CallerDep, ToolsDep
from moorage.web.machines.schemas import InfoOut, RefusedOut, WantedDep
from moorage.web.params import refuse_unknown

router = APIRouter(tags=["machines and sessions"], dependencies=[Depends(refuse_unknown)])


@router.get(
    "/api/info",
    response_model=InfoOut,
    responses=errors(
        RefusedOut,
        {
            400: "A parameter is wrong.",
            401: "Nobody known is calling.",
            429: "Too many requests.",
        },
    ),
)
async def show_info(caller: CallerDep, tools: ToolsDep, wanted: WantedDep) -> Response:
    """List the machines that you may use, with live facts; an administrator sees all."""
    seen = await assignments.seen_by(tools.db, caller, tools.machines)
    return Response(json_list(wanted.among(seen)), media_type="application/json")
