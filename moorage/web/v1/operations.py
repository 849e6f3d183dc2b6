"""`/v1/operations`: what long work is doing."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel

from moorage.operations import service as operations
from moorage.operations.models import Operation, Status
from moorage.web.deps import CallerDep, ToolsDep


class ProblemOut(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str


class StepOut(BaseModel):
    """One step of an operation, in the order they began."""

    name: str
    status: str
    started_at: datetime
    ended_at: datetime | None = None
    detail: str | None = None


class OperationOut(BaseModel):
    """An operation. subject: the id of what it works on; error: why it failed."""

    id: str
    kind: str
    subject: str
    status: Status
    steps: list[StepOut]
    error: str | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


router = APIRouter(
    prefix="/v1/operations",
    tags=["operations"],
    responses={
        status: {"model": ProblemOut, "content": {"application/problem+json": {}}}
        for status in (400, 401, 403, 404, 429, 503)
    },
)


@router.get("/{operation_id}", response_model=OperationOut)
async def show_operation(operation_id: str, caller: CallerDep, tools: ToolsDep) -> Operation:
    """Show an operation: how it stands, its steps, and why it failed."""
    owner_id = None if caller.is_admin else caller.user_id
    async with tools.db.read() as session:
        return await operations.get_of_owner(session, owner_id, operation_id)
