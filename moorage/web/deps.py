"""What routes are given: the tools of the rooms, and who is calling.

All are coroutines: FastAPI sends a plain function through a thread, and that costs more than it.
"""

import base64
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import State

from moorage.identity import rules, tickets
from moorage.identity import service as identity
from moorage.identity.rules import Caller
from moorage.identity.throttle import Throttle, source
from moorage.identity.uses import Uses
from moorage.instances.tools import Tools
from moorage.kit.crypto import is_token
from moorage.kit.errors import Denied, Unauthenticated, Unavailable
from moorage.kit.i18n import Text
from moorage.web.errors import Misused, problem_of
from moorage.web.limits import Limits
from moorage.web.problems import DENIED
from moorage.web.trail import Visit

_IN_URL = re.compile(
    r"(access_?|api_?|auth_?)?(token|key|password|secret|ticket)"
    r"|authorization|x-auth-token|moorageticket|csrfpreventiontoken",
    re.IGNORECASE,
)

COOKIE = "MoorageTicket"
_HEADER = "x-auth-token"
_READING = ("GET", "HEAD", "OPTIONS")
_OTHER_SITES = ("cross-site", "same-site")  # https://w3c.github.io/webappsec-fetch-metadata/


async def get_tools(request: Request) -> Tools:
    """Return what the rooms work with."""
    tools: Tools = request.app.state.tools
    return tools


ToolsDep = Annotated[Tools, Depends(get_tools)]


async def client_address(request: Request, tools: ToolsDep) -> str:
    """Return where the request comes from; trusted proxies may name whom they speak for."""
    trusted = tools.settings.trusted_proxies
    address = request.client.host if request.client else "unknown"
    forwarded = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    while address in trusted and forwarded:
        address = forwarded.pop().strip() or address
    return address


AddressDep = Annotated[str, Depends(client_address)]


async def get_caller(request: Request, tools: ToolsDep, address: AddressDep) -> Caller:
    """Return who is calling, and count the request: for its address when that is nobody known.

    An Authorization header counts before X-Auth-Token, and that one before the cookie.
    Raises Unauthenticated, in one wording for all causes, and Throttled.
    """
    try:
        caller = await _identified(request, tools, address)
        if request.method not in _READING:
            _check_browser(request)
    except Unauthenticated:
        limits: Limits = request.app.state.limits
        limits.take(source(address))
        raise
    count(request.app.state, caller)
    return caller


CallerDep = Annotated[Caller, Depends(get_caller)]
Holds = Callable[[], Awaitable[bool]]


async def get_holds(request: Request, caller: CallerDep, tools: ToolsDep) -> Holds:
    """Return what tells whether the caller's credential still proves the same; counts nothing."""

    async def holds() -> bool:
        try:
            known = await _shown(request, tools)
            return caller == (known or await identity.find_caller(tools.db, caller.user_id))
        except (Unauthenticated, Unavailable):  # who cannot be asked for does not go on
            return False

    return holds


HoldsDep = Annotated[Holds, Depends(get_holds)]


async def get_visit(
    request: Request, caller: CallerDep, address: AddressDep, tools: ToolsDep
) -> AsyncIterator[Visit]:
    """Give who is calling and from where; what it may not do goes into the audit log."""
    visit = Visit(caller, address)
    try:
        yield visit
    except Denied as error:
        if problem_of(error) is DENIED:
            async with tools.db.begin() as session:
                await visit.record_denied(session, request.method, request.url.path, error)
        raise


VisitDep = Annotated[Visit, Depends(get_visit)]


async def get_writer(request: Request, visit: VisitDep) -> Caller:
    """Return a caller that may change something. Raises Denied, Unauthenticated."""
    if request.method in _READING:  # what changes something by it was not checked before
        _check_browser(request)
    rules.require_write(visit.caller)
    return visit.caller


WriterDep = Annotated[Caller, Depends(get_writer)]


async def get_admin(caller: WriterDep) -> Caller:
    """Return a caller that may change everything. Raises Denied."""
    rules.require_admin(caller)
    return caller


AdminDep = Annotated[Caller, Depends(get_admin)]


async def get_overseer(caller: CallerDep) -> Caller:
    """Return a caller that may see everything. Raises Denied."""
    rules.require_admin(caller)
    return caller


OverseerDep = Annotated[Caller, Depends(get_overseer)]


def count(state: State, caller: Caller) -> None:
    """Count a request of somebody known. Raises Throttled."""
    limits: Limits = state.limits
    limits.take(caller.user_id)
    if caller.token_id is not None:
        uses: Uses = state.uses
        uses.note(caller.token_id)


def given_ticket(request: Request) -> str | None:
    """Return the ticket of a request, if it has one."""
    return request.headers.get(_HEADER) or request.cookies.get(COOKIE)


def refuse_in_url(request: Request) -> None:
    """Raise Unauthenticated when there is a credential in the URL."""
    if any(_IN_URL.fullmatch(name) for name in request.query_params):
        raise Misused(
            Text("Credentials do not belong in a URL; send them in the Authorization header.")
        )


def is_encrypted(request: Request, tools: Tools) -> bool:
    """Whether the caller speaks TLS, with us or with a trusted proxy."""
    if request.client and request.client.host in tools.settings.trusted_proxies:
        return request.headers.get("x-forwarded-proto") == "https"
    return request.url.scheme == "https"


def is_from_another_site(request: Request) -> bool:
    """Whether a browser says that a page of another site sends the request."""
    return request.headers.get("sec-fetch-site") in _OTHER_SITES


def _authorization(request: Request) -> str:
    return request.headers.get("authorization", "").strip()


def _check_browser(request: Request) -> None:
    """Raise when a browser may have sent what it keeps for a page that is not ours."""
    _check_site(request)
    _check_csrf(request)


def _check_site(request: Request) -> None:
    """Raise Denied when another site has a browser change something.

    It does so by a GET, which any link is, and with a password that it remembers. Anything else
    with a token or a ticket in a header somebody's program sends.
    """
    is_basic = _authorization(request)[:5].lower() == "basic"
    if is_from_another_site(request) and (is_basic or request.method in _READING):
        raise Denied(Text("Another site may not do this in your name."))


def _check_csrf(request: Request) -> None:
    """Raise Unauthenticated when the cookie came without its token: any site can have it sent."""
    if _authorization(request) or request.headers.get(_HEADER):
        return
    given = request.headers.get("csrfpreventiontoken", "")
    if not tickets.is_csrf_token(given, request.cookies.get(COOKIE, "")):
        raise Misused(Text("invalid csrf token"))


async def _identified(request: Request, tools: Tools, address: str) -> Caller:
    """Return who is calling. After too many failures guesses are not heard; good tokens are.

    A token or ticket that is over is no guess: a page may go on sending it.
    """
    refuse_in_url(request)
    throttle: Throttle = request.app.state.throttle
    scheme, _, credentials = _authorization(request).partition(" ")
    try:
        if scheme.lower() == "basic":
            throttle.check(address)
            username, password = _basic(credentials)
            return await identity.caller_of_password(tools.db, username=username, password=password)
        caller = await _shown(request, tools)
    except Unauthenticated:
        given = credentials.strip() if scheme else given_ticket(request) or ""
        if not is_token(given):
            throttle.failed(address)
        raise
    if caller is None:
        raise Unauthenticated(
            Text("Say who you are: send an Authorization header, Bearer or Basic.")
        )
    return caller


async def _shown(request: Request, tools: Tools) -> Caller | None:
    """Return whose token or ticket a request shows, if any. Raises Unauthenticated, Unavailable."""
    scheme, _, credentials = _authorization(request).partition(" ")
    if scheme.lower() == "bearer":
        return await identity.caller_of_token(tools.db, credentials.strip())
    if not scheme and (ticket := given_ticket(request)):
        return await tickets.caller_of_ticket(tools.db, tools.sessions, ticket)
    return None


def _basic(credentials: str) -> tuple[str, str]:
    """Return name and password (RFC 7617). Raises Unauthenticated."""
    try:
        text = base64.b64decode(credentials, validate=True).decode()
    except ValueError as error:  # no base64, not even ASCII, or no UTF-8
        raise Unauthenticated(Text("Invalid or expired credentials.")) from error
    username, _, password = text.partition(":")
    return username, password
