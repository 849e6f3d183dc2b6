"""`/v1/tokens`: by which programs prove for whom they call."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Query, Request
from fastapi.responses import JSONResponse
from pydantic import BeforeValidator, Field

from moorage.idempotency.service import Answer, fingerprint
from moorage.identity import rules
from moorage.identity import service as identity
from moorage.identity.models import Token
from moorage.kit.db import Session
from moorage.kit.paging import Listed, listed
from moorage.web import bodies
from moorage.web.answers import respond
from moorage.web.deps import CallerDep, ToolsDep, VisitDep, WriterDep
from moorage.web.once import KeyDep, Once
from moorage.web.paging import ListOut, PageDep
from moorage.web.v1.fields import In, Moment, Out, ruled, text
from moorage.web.v1.nouns import noun, problems

Scope = Literal["read", "write"]


class TokenIn(In):
    """A new token. user: its id or name, for administrators; expires_at: null for never."""

    name: Annotated[str, ruled(rules.check_token_name), text(rules.TOKEN_NAME_LENGTH)]
    scopes: list[Scope] = Field(default=["read", "write"], min_length=1)
    expires_at: Moment | None = None
    user: str = identity.ME


class TokenOut(Out):
    """A token, without its text. last_used_at: is told a minute late."""

    id: str
    user_id: str
    name: str
    scopes: Annotated[list[Scope], BeforeValidator(str.split)]
    expires_at: datetime | None
    created_at: datetime
    last_used_at: datetime | None


class NewTokenOut(TokenOut):
    """token: its text, which is shown this once."""

    token: str


router = noun("tokens")


@router.post(
    "",
    status_code=201,
    response_model=NewTokenOut,
    responses=problems(403, 404, 409, 413, 422),
    openapi_extra=bodies.described(TokenIn, {"name": "laptop", "scopes": ["read"]}),
)
async def create_token(
    request: Request, caller: WriterDep, visit: VisitDep, tools: ToolsDep, key: KeyDep = None
) -> JSONResponse:
    """Make a token; its text is shown this once."""
    content = await bodies.read_json(request)
    wanted = bodies.parse(TokenIn, content)

    async def make(session: Session) -> Answer:
        token, text = await identity.issue_token(
            session,
            user=await identity.get_user_for(session, caller, wanted.user),
            name=wanted.name,
            scopes=wanted.scopes,
            expires_at=wanted.expires_at,
        )
        detail = f"user={token.user_id}, scopes={token.scopes}"
        await visit.record(session, "token.create", token.id, detail=detail)
        body = TokenOut.model_validate(token).model_dump(mode="json") | {"token": text}
        return Answer(201, {"Location": f"/v1/tokens/{token.id}"}, body)

    once = Once(tools, caller.user_id, key, fingerprint("POST /v1/tokens", content))
    return respond(await once.make(make))


@router.get("", response_model=ListOut[TokenOut], responses=problems(404))
async def list_tokens(
    caller: CallerDep,
    tools: ToolsDep,
    page: PageDep,
    user: Annotated[str, Query(description="An id or a name, for administrators.")] = identity.ME,
) -> Listed:
    """List your tokens, newest first; without those that are revoked."""
    async with tools.db.read() as session:
        owner = await identity.get_user_for(session, caller, user)
        rows = await identity.list_tokens(session, page, user_id=owner.id)
    return listed(rows, page)


@router.get("/{token_id}", response_model=TokenOut, responses=problems(404))
async def show_token(token_id: str, caller: CallerDep, tools: ToolsDep) -> Token:
    """Show a token, without its text."""
    async with tools.db.read() as session:
        return await identity.get_token(session, user_id=caller.sees, token_id=token_id)


@router.delete("/{token_id}", status_code=204, responses=problems(403, 404))
async def revoke_token(token_id: str, caller: WriterDep, visit: VisitDep, tools: ToolsDep) -> None:
    """Revoke a token; it is refused from now on."""
    async with tools.db.begin() as session:
        token = await identity.revoke_token(session, user_id=caller.sees, token_id=token_id)
        await visit.record(session, "token.revoke", token.id, detail=f"user={token.user_id}")
