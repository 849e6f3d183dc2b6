"""Whether the service lives, and whether it can serve."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from moorage.instances.tools import Tools
from moorage.kit.errors import Unavailable
from moorage.web.deps import ToolsDep

router = APIRouter(tags=["health"])


@router.get("/healthz", openapi_extra={"security": []})
async def live() -> dict[str, str]:
    """Say that the process lives."""
    return {"status": "ok"}


@router.get("/readyz", openapi_extra={"security": []})
async def ready(request: Request, tools: ToolsDep) -> JSONResponse:
    """Say whether the database answers and operations are being performed."""
    if problems := await find_problems(request, tools):
        return JSONResponse({"status": "unavailable", "problems": problems}, status_code=503)
    return JSONResponse({"status": "ok"})


async def find_problems(request: Request, tools: Tools) -> list[str]:
    """Return why the service cannot serve."""
    problems = [] if request.app.state.queue.is_alive else ["operations are not being performed"]
    try:
        await tools.db.check()
    except Unavailable as error:
        problems.append(error.message)
    return problems
