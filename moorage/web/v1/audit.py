"""`/v1/audit`: who did what, when, and from where."""

from datetime import datetime
from typing import Annotated

from fastapi import Query

from moorage.audit import service as audit
from moorage.audit.models import Outcome
from moorage.identity import service as identity
from moorage.identity.rules import Caller
from moorage.kit.db import Session
from moorage.kit.paging import Listed, listed
from moorage.web.deps import OverseerDep, ToolsDep
from moorage.web.paging import ListOut, PageDep
from moorage.web.v1.fields import Filter, Out, When
from moorage.web.v1.nouns import noun, problems


class EntryOut(Out):
    """What somebody did or ordered (`ok`), may not do (`denied`), or got nothing of (`failed`).

    user_id, username: null when Moorage acted by itself. subject: an id; of what was denied, the
    method and path. request_id: operations and logs have it too.
    """

    id: str
    at: datetime
    user_id: str | None
    username: str | None
    action: str
    subject: str
    address: str | None
    request_id: str | None
    outcome: Outcome
    detail: str | None


router = noun("audit")


@router.get("", response_model=ListOut[EntryOut], responses=problems(403, 404))
async def list_entries(
    caller: OverseerDep,
    tools: ToolsDep,
    page: PageDep,
    user: Annotated[str | None, Query(description="An id, a name, or `me`.")] = None,
    action: Filter = None,
    subject: Filter = None,
    since: When = None,
    until: When = None,
) -> Listed:
    """List what was done, newest first."""
    async with tools.db.read() as session:
        rows = await audit.list_entries(
            session,
            page,
            user_id=await _user_id(session, caller, user),
            action=action,
            subject=subject,
            since=since,
            until=until,
        )
    return listed(rows, page)


async def _user_id(session: Session, caller: Caller, user: str | None) -> str | None:
    if user is None:
        return None
    return (await identity.get_user_for(session, caller, user)).id
