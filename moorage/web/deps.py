"""What routes are given: the tools of the rooms, and who is calling."""

import base64
import binascii
import re
from typing import Annotated

from fastapi import Depends, Request

from moorage.identity import rules
from moorage.identity import service as identity
from moorage.identity.rules import Caller
from moorage.identity.throttle import Throttle
from moorage.instances.tools import Tools
from moorage.kit.errors import Unauthenticated
from moorage.web.trail import Visit

_IN_URL = re.compile(r"(access_?|api_?|auth_?)?(token|key|password|secret|ticket)", re.IGNORECASE)


def get_tools(request: Request) -> Tools:
    """Return what the rooms work with."""
    tools: Tools = request.app.state.tools
    return tools


ToolsDep = Annotated[Tools, Depends(get_tools)]


def client_address(request: Request) -> str:
    """Return where the request comes from; trusted proxies may name whom they speak for."""
    trusted = set(get_tools(request).settings.trusted_proxies)
    address = request.client.host if request.client else "unknown"
    forwarded = request.headers.get("x-forwarded-for", "").split(",")
    while address in trusted and forwarded:
        address = forwarded.pop().strip() or address
    return address


AddressDep = Annotated[str, Depends(client_address)]


async def get_caller(request: Request, tools: ToolsDep, address: AddressDep) -> Caller:
    """Return who is calling.

    Raises Unauthenticated, in one wording for all causes, and Throttled after too many failures:
    for guesses only, a good token is always heard.
    """
    if any(_IN_URL.fullmatch(name) for name in request.query_params):
        raise Unauthenticated(
            "Credentials do not belong in a URL; send them in the Authorization header."
        )
    throttle: Throttle = request.app.state.throttle
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    try:
        if scheme.lower() == "bearer":
            async with tools.db.read() as session:
                return await identity.caller_of_token(session, credentials.strip())
        if scheme.lower() == "basic":
            throttle.check(address)
            username, password = _basic(credentials)
            return await identity.caller_of_password(tools.db, username=username, password=password)
    except Unauthenticated:
        throttle.check(address)
        throttle.failed(address)
        raise
    raise Unauthenticated("Say who you are: send an Authorization header, Bearer or Basic.")


CallerDep = Annotated[Caller, Depends(get_caller)]


def get_writer(caller: CallerDep) -> Caller:
    """Return a caller that may change something. Raises Denied."""
    rules.require_write(caller)
    return caller


WriterDep = Annotated[Caller, Depends(get_writer)]


def get_admin(caller: WriterDep) -> Caller:
    """Return a caller that may change everything. Raises Denied."""
    rules.require_admin(caller)
    return caller


AdminDep = Annotated[Caller, Depends(get_admin)]


def get_visit(caller: CallerDep, address: AddressDep) -> Visit:
    """Return who is calling and from where, for the audit log."""
    return Visit(caller, address)


VisitDep = Annotated[Visit, Depends(get_visit)]


def _basic(credentials: str) -> tuple[str, str]:
    """Return name and password (RFC 7617). Raises Unauthenticated."""
    try:
        text = base64.b64decode(credentials, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Unauthenticated("Invalid or expired credentials.") from error
    username, _, password = text.partition(":")
    return username, password
