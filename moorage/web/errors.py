"""Errors become answers here, once."""

import logging
from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from moorage.kit import errors
from moorage.kit.errors import MoorageError
from moorage.kit.log import request_id

log = logging.getLogger(__name__)


class TooLarge(errors.Invalid):
    """The body has more bytes than we read."""


STATUS: Mapping[type[MoorageError], int] = {
    errors.Invalid: 400,
    TooLarge: 413,
    errors.Unauthenticated: 401,
    errors.Denied: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.QuotaExceeded: 413,
    errors.KeyReused: 422,
    errors.Throttled: 429,
    errors.Unavailable: 503,
}
_CHALLENGE = 'Bearer realm="moorage", Basic realm="moorage", charset="UTF-8"'


def install(app: FastAPI) -> None:
    """Have the app answer all errors in our shape."""
    app.add_exception_handler(MoorageError, _expected)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _routing)
    app.add_exception_handler(Exception, _unexpected)


def status_of(error: MoorageError) -> int:
    """Return the status of the nearest kind that has one."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def answer(error: MoorageError) -> JSONResponse:
    """Return what the resources door says of an error."""
    body: dict[str, object] = {"message": error.message}
    headers = {}
    if isinstance(error, errors.Invalid) and error.fields:
        body["errors"] = error.fields
    if isinstance(error, errors.QuotaExceeded):
        body |= {"in_use": error.in_use, "reserved": error.reserved, "limit": error.limit}
    if isinstance(error, errors.Unauthenticated):
        headers["WWW-Authenticate"] = _CHALLENGE
    if isinstance(error, errors.Throttled):
        headers["Retry-After"] = str(error.retry_after_s)
    return JSONResponse(body, status_code=status_of(error), headers=headers)


async def _expected(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, MoorageError)
    if error.detail is not None:
        log.warning("refused", extra={"reason": error.message, "detail": error.detail})
    return answer(error)


async def _malformed(_request: Request, error: Exception) -> JSONResponse:
    """A query parameter or a header that is not what the route declares."""
    assert isinstance(error, RequestValidationError)
    fields = {
        str(problem["loc"][-1]): f"{problem['msg']}; given was {problem.get('input')!r:.80}"
        for problem in error.errors()
    }
    sentences = "; ".join(f"{name}: {reason}" for name, reason in fields.items())
    return answer(errors.Invalid(f"{sentences}.", fields=fields))


async def _routing(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    sentences = {
        404: f"There is nothing at {request.url.path:.200}; the documentation is at /docs.",
        405: f"{request.method} does not work here.",
    }
    message = sentences.get(error.status_code, str(error.detail))
    return JSONResponse({"message": message}, status_code=error.status_code, headers=error.headers)


async def _unexpected(_request: Request, error: Exception) -> JSONResponse:
    identifier = request_id.get() or ""
    log.error("request broke", exc_info=error)
    message = f"Something unexpected happened; the log has it under {identifier}."
    # Starlette answers this one outside of all middleware, so Frame does not see it.
    headers = {"X-Request-Id": identifier, "X-Content-Type-Options": "nosniff"}
    return JSONResponse(
        {"message": message, "request_id": identifier}, status_code=500, headers=headers
    )
