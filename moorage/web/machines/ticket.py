"""`/api/ticket`: log in and out."""

from datetime import datetime, timedelta

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from moorage.identity import tickets
from moorage.identity.throttle import Throttle, source
from moorage.identity.tickets import Login
from moorage.kit.errors import Invalid, Unauthenticated
from moorage.kit.i18n import Text
from moorage.web import bodies
from moorage.web.answers import errors
from moorage.web.deps import (
    COOKIE,
    AddressDep,
    CallerDep,
    ToolsDep,
    given_ticket,
    is_encrypted,
    is_from_another_site,
    refuse_in_url,
)
from moorage.web.limits import Limits
from moorage.web.machines.schemas import RefusedOut

_CHALLENGE = 'Bearer realm="moorage"'  # at "Basic" a browser would ask for a password by itself


class LoginIn(BaseModel):
    """Who logs in. password: the user's own, or a ticket to be renewed."""

    model_config = ConfigDict(extra="forbid")

    username: str
    password: str


class TicketOut(BaseModel):
    """A ticket, for the header X-Auth-Token. CSRFPreventionToken: for those who send the cookie."""

    username: str
    ticket: str
    csrf_token: str = Field(serialization_alias="CSRFPreventionToken")
    expires: datetime


class LoginOut(BaseModel):
    """A login that went well."""

    data: TicketOut


class FailedOut(BaseModel):
    """A login that did not."""

    data: str = ""


class LogoutOut(BaseModel):
    """Nothing any more."""

    data: None = None


router = APIRouter(tags=["machines and sessions"])


@router.post(
    "/api/ticket",
    response_model=LoginOut,
    responses=errors(FailedOut, {401: "The name or the password is wrong."})
    | errors(
        RefusedOut,
        {
            400: "A field is missing, unknown or wrong.",
            429: "Too many failures, or too many logins.",
            503: "Sessions cannot be kept at the moment.",
        },
    ),
    openapi_extra={
        "security": [],
        **bodies.described(
            LoginIn,
            {"username": "anna", "password": "correct horse"},
            kinds=bodies.BOTH,
        ),
    },
)
async def log_in(request: Request, tools: ToolsDep, address: AddressDep) -> JSONResponse:
    """Log in, or renew a ticket: send it as the password."""
    refuse_in_url(request)
    throttle: Throttle = request.app.state.throttle
    limits: Limits = request.app.state.limits
    limits.take(source(address))
    wanted = await _read(request)
    throttle.check(address)
    try:
        login = await tickets.log_in(
            tools.db,
            tools.sessions,
            username=wanted.username,
            password=wanted.password,
            lifetime=timedelta(seconds=tools.settings.ticket_ttl_s),
        )
    except Unauthenticated:
        throttle.failed(address)
        return JSONResponse({"data": ""}, 401, {"WWW-Authenticate": _CHALLENGE})
    answer = JSONResponse({"data": _told(login)})
    # Else another site could have somebody's browser log in as whom it likes.
    if not is_from_another_site(request):
        _set_cookie(answer, login.ticket, tools.settings.ticket_ttl_s, is_encrypted(request, tools))
    return answer


@router.delete(
    "/api/ticket",
    response_model=LogoutOut,
    dependencies=[Depends(bodies.refuse_unasked)],
    responses=errors(
        RefusedOut, {400: "The body says something.", 401: "Nobody known is calling."}
    ),
)
async def log_out(request: Request, _caller: CallerDep, tools: ToolsDep) -> JSONResponse:
    """Log out: end the ticket that the request has, if it has one."""
    if ticket := given_ticket(request):
        await tickets.log_out(tools.sessions, ticket)
    answer = JSONResponse({"data": None})
    _set_cookie(answer, "", 0, is_encrypted(request, tools))
    return answer


async def _read(request: Request) -> LoginIn:
    """Return what is sent. Raises Invalid, which does not repeat it: it may be a secret."""
    given = await bodies.read_fields(request)
    for name in LoginIn.model_fields:
        if given.get(name) in (None, ""):
            raise Invalid(Text("Invalid request: missing username or password"))
        if not isinstance(given[name], str):
            reason = Text("must be a text")
            raise Invalid(Text("{name} {reason}.", name=name, reason=reason), fields={name: reason})
    return bodies.parse(LoginIn, given)


def _told(login: Login) -> dict[str, object]:
    told = TicketOut(
        username=login.username,
        ticket=login.ticket,
        csrf_token=login.csrf_token,
        expires=login.expires_at,
    )
    return told.model_dump(mode="json", by_alias=True)


def _set_cookie(answer: JSONResponse, ticket: str, ttl_s: float, is_encrypted: bool) -> None:
    answer.set_cookie(
        COOKIE,
        ticket,
        max_age=int(ttl_s),
        httponly=True,
        secure=is_encrypted,
        samesite="Lax",  # type: ignore[arg-type]  # as RFC 6265bis writes it, and clients compare
    )
