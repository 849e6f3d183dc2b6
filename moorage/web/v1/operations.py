"""`/v1/operations`: what long work is doing, live; stop it, have it tried again."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Header, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import ConfigDict
from pydantic.config import JsonDict

from moorage.idempotency.service import Answer
from moorage.instances import verbs
from moorage.instances.tools import Tools
from moorage.kit.db import Session
from moorage.kit.paging import Listed, listed
from moorage.operations import service as operations
from moorage.operations.feed import Feed, News
from moorage.operations.models import Operation, Status
from moorage.web import sse
from moorage.web.answers import LOCATED, Documented, located, respond
from moorage.web.deps import CallerDep, HoldsDep, ToolsDep, VisitDep, WriterDep
from moorage.web.paging import ListOut, PageDep
from moorage.web.sse import EventStream
from moorage.web.v1.fields import Out
from moorage.web.v1.nouns import noun, problems

_EXAMPLE: JsonDict = {
    "id": "op_01KAKQ8C5V0GJ3N6Z9X2T4W7YR",
    "kind": "instance.create",
    "subject": "ins_01KAKQ8C5T8E3Q1M7P0S4D6F9H",
    "status": "running",
    "progress": 33,
    "steps": [
        {
            "name": "Image",
            "status": "succeeded",
            "started_at": "2030-01-31T12:00:00.120Z",
            "ended_at": "2030-01-31T12:00:00.480Z",
            "detail": None,
        },
        {
            "name": "Container",
            "status": "running",
            "started_at": "2030-01-31T12:00:00.481Z",
            "ended_at": None,
            "detail": "Port 20001 belongs to somebody else; trying the next one.",
        },
    ],
    "error": None,
    "cancellable": True,
    "created_at": "2030-01-31T12:00:00.050Z",
    "started_at": "2030-01-31T12:00:00.110Z",
    "ended_at": None,
    "request_id": "req_01KAKQ8C5S6B2N4V8X1Z3C5M7K",
}


class StepOut(Out):
    """One step of an operation. detail: the last line that it said."""

    name: str
    status: str
    started_at: datetime
    ended_at: datetime | None = None
    detail: str | None = None


class OperationOut(Out):
    """An operation. subject: the id of what it works on; progress: in per cent.

    steps: in the order they began. error: why it failed, or why it has to be tried again.
    request_id: of the request that asked for it.
    """

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    id: str
    kind: str
    subject: str
    status: Status
    progress: int
    steps: list[StepOut]
    error: str | None
    cancellable: bool
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    request_id: str | None


ACCEPTED: Documented = {
    202: {
        "model": OperationOut,
        "description": "It is under way; follow the operation.",
        "headers": LOCATED,
    }
}
_WATCHED: Documented = {
    204: {"description": "It has ended, and you have heard all of it: do not come back."},
    200: {
        "description": "What happened, and what happens, until the operation has ended. "
        "Each event has an `id`: who sends the last one as Last-Event-ID hears what came after it.",
        "content": sse.described(
            step='{"at":"2030-01-31T12:00:00.480Z","name":"Image","status":"succeeded"}',
            progress='{"at":"2030-01-31T12:00:00.480Z","progress":33}',
            line='{"at":"2030-01-31T12:00:00.520Z","text":"Port 20001 belongs to somebody else."}',
            status='{"at":"2030-01-31T12:00:01.900Z","status":"undoing"}',
            end='{"at":"2030-01-31T12:00:02.350Z","status":"failed"}',
        ),
    },
}


async def _retry_vm(session: Session, _tools: Tools, operation: Operation) -> Operation:
    return await operations.retry(session, operation)


_RETRIES = {"instance": verbs.retry, "vm": _retry_vm}


def _feed(request: Request) -> Feed:
    feed: Feed = request.app.state.feed
    return feed


FeedDep = Annotated[Feed, Depends(_feed)]

router = noun("operations")


@router.get("", response_model=ListOut[OperationOut])
async def list_operations(
    caller: CallerDep,
    tools: ToolsDep,
    page: PageDep,
    status: Annotated[Status | None, Query()] = None,
    kind: Annotated[str | None, Query(pattern=r"^[a-z_.]{1,64}$")] = None,
    subject: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = None,
) -> Listed:
    """List your operations, newest first; an administrator sees everybody's."""
    async with tools.db.read() as session:
        rows = await operations.list_own(
            session,
            owner_id=caller.sees,
            limit=page.one_more,
            before=page.after,
            status=status,
            kind=kind,
            subject=subject,
        )
    return listed([shown(row) for row in rows], page)


@router.get("/{operation_id}", response_model=OperationOut, responses=problems(404))
async def show_operation(operation_id: str, caller: CallerDep, tools: ToolsDep) -> OperationOut:
    """Show an operation: how it stands, its steps, and why it failed."""
    async with tools.db.read() as session:
        return shown(await operations.get_of_owner(session, caller.sees, operation_id))


@router.get(
    "/{operation_id}/events",
    status_code=200,
    response_class=EventStream,
    responses=problems(404) | _WATCHED,
)
async def watch_operation(
    operation_id: str,
    caller: CallerDep,
    tools: ToolsDep,
    holds: HoldsDep,
    feed: FeedDep,
    last_event_id: Annotated[int | None, Header(alias="Last-Event-ID", ge=0, lt=1 << 63)] = None,
    after: Annotated[
        int,
        Query(ge=0, lt=1 << 63, description="As Last-Event-ID, which counts if both are there."),
    ] = 0,
) -> Response:
    """Watch an operation: all that has happened, then what happens. Ends when it has ended.

    It ends too, after some seconds, when your credential does; so does a log that you follow.
    """
    async with tools.db.read() as session:
        await operations.get_of_owner(session, caller.sees, operation_id)
    seen = after if last_event_id is None else last_event_id
    if seen and await feed.is_over(operation_id, after=seen):
        return Response(status_code=204)  # or an EventSource would come back every second
    return EventStream(tools.db.wakes, holds, _told(feed, operation_id, after=seen))


@router.post(
    "/{operation_id}/cancel",
    status_code=202,
    response_model=OperationOut,
    responses=ACCEPTED | problems(403, 404, 409),
)
async def cancel_operation(
    operation_id: str, caller: WriterDep, visit: VisitDep, tools: ToolsDep
) -> JSONResponse:
    """Have an operation stopped, and what it made taken back."""
    async with tools.db.begin() as session:
        operation = await operations.get_of_owner(session, caller.sees, operation_id)
        operation = await operations.cancel(session, operation)
        await visit.record(session, "operation.cancel", operation.id)
    return respond(accepted(operation))


@router.post(
    "/{operation_id}/retry",
    status_code=202,
    response_model=OperationOut,
    responses=ACCEPTED | problems(403, 404, 409, 413),
)
async def retry_operation(
    operation_id: str, caller: WriterDep, visit: VisitDep, tools: ToolsDep
) -> JSONResponse:
    """Have a failed or cancelled operation tried again; what it did well is not done twice."""
    async with tools.db.begin() as session:
        operation = await operations.get_of_owner(session, caller.sees, operation_id)
        operation = await _RETRIES[operation.kind.partition(".")[0]](session, tools, operation)
        await visit.record(session, "operation.retry", operation.id)
    return respond(accepted(operation))


def shown(operation: Operation) -> OperationOut:
    """Return an operation as everybody may see it: without the results of its steps."""
    told = OperationOut.model_validate(operation)
    told.cancellable &= operation.status in ("queued", "running")
    return told


def accepted(operation: Operation) -> Answer:
    """Return the answer of a request that an operation carries out."""
    return located(operation, 202, shown(operation).model_dump(mode="json"))


@asynccontextmanager
async def _told(
    feed: Feed, operation_id: str, *, after: int
) -> AsyncIterator[AsyncIterator[bytes]]:
    async with aclosing(feed.follow(operation_id, after=after)) as news:
        yield (b"".join(map(_event, some)) async for some in news)


def _event(news: News) -> bytes:
    return sse.event(news.kind, {"at": news.at, **news.data}, number=news.number)
