"""`/api/status`: whether all that the service needs answers."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from moorage.instances.tools import Tools
from moorage.kit.errors import Denied, Unavailable
from moorage.kit.i18n import translated
from moorage.web.deps import AddressDep, ToolsDep, get_caller
from moorage.web.health import find_problems

_WITHIN_S = 1.0


class StatusOut(BaseModel):
    """How the service is. warnings: for administrators, when there are any."""

    code: int
    message: Annotated[str, Field(examples=["OK"])]
    warnings: list[str] | None = None


router = APIRouter(tags=["machines and sessions"])


@router.get(
    "/api/status",
    response_model=StatusOut,
    responses={503: {"model": StatusOut, "description": "Something does not answer."}},
    openapi_extra={"security": []},
)
async def show_status(request: Request, tools: ToolsDep, address: AddressDep) -> JSONResponse:
    """Ask the database, the store of sessions and what performs operations; a second each."""
    own, of_sessions = await asyncio.gather(_own_problems(request, tools), tools.sessions.problem())
    if problems := [*own, *([of_sessions] if of_sessions else [])]:
        return JSONResponse({"code": 503, "message": "; ".join(problems)}, 503)
    warnings = await _warnings(request, tools, address)
    return JSONResponse({"code": 200, "message": "OK"} | warnings)


async def _own_problems(request: Request, tools: Tools) -> list[str]:
    try:
        async with asyncio.timeout(_WITHIN_S):
            return await find_problems(request, tools)
    except TimeoutError:
        return ["database: no answer"]


async def _warnings(request: Request, tools: Tools, address: str) -> dict[str, list[str]]:
    """Return what an administrator should know, although the service can serve."""
    try:
        caller = await get_caller(request, tools, address)
    except (Denied, Unavailable):
        return {}
    if not caller.is_admin:
        return {}
    await tools.machines.all()
    problem = tools.machines.problem()
    return {"warnings": [translated(problem)]} if problem else {}
