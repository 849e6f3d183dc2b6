"""Errors become answers here, once; each door has its own shape."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

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


@dataclass(frozen=True, slots=True)
class Problem:
    """What every door tells of an error. more: members that only some errors have."""

    status: int
    message: str
    fields: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


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
    """Have the app answer all errors in the shape of their door."""
    app.add_exception_handler(MoorageError, _expected)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _routing)
    app.add_exception_handler(Exception, _unexpected)


def status_of(error: MoorageError) -> int:
    """Return the status of the nearest kind that has one."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def answer(path: str, error: MoorageError) -> JSONResponse:
    """Return what the door at a path says of an expected error."""
    more: dict[str, object] = {}
    headers = {}
    if isinstance(error, errors.QuotaExceeded):
        more = {"in_use": error.in_use, "reserved": error.reserved, "limit": error.limit}
    if isinstance(error, errors.Unauthenticated):
        headers["WWW-Authenticate"] = _CHALLENGE
    if isinstance(error, errors.Throttled):
        headers["Retry-After"] = str(error.retry_after_s)
    fields = error.fields if isinstance(error, errors.Invalid) else {}
    return _shaped(path, Problem(status_of(error), error.message, fields, more, headers))


def _shaped(path: str, problem: Problem) -> JSONResponse:
    shape = _native if path.startswith("/v1/") else _resources
    return shape(problem)


def _native(problem: Problem) -> JSONResponse:
    """Source: RFC 9457."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.message,
        "request_id": request_id.get(),
        **problem.more,
    }
    if problem.fields:
        body["errors"] = [
            {"pointer": f"#/{name.replace('.', '/')}", "detail": reason}
            for name, reason in problem.fields.items()
        ]
    return JSONResponse(
        body, problem.status, dict(problem.headers), media_type="application/problem+json"
    )


def _resources(problem: Problem) -> JSONResponse:
    body = {"message": problem.message, **problem.more}
    if problem.fields:
        body["errors"] = problem.fields
    return JSONResponse(body, problem.status, dict(problem.headers))


async def _expected(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, MoorageError)
    if error.detail is not None:
        log.warning("refused", extra={"reason": error.message, "detail": error.detail})
    return answer(request.url.path, error)


async def _malformed(request: Request, error: Exception) -> JSONResponse:
    """A query parameter or a header that is not what the route declares."""
    assert isinstance(error, RequestValidationError)
    fields = {
        str(problem["loc"][-1]): f"{problem['msg']}; given was {problem.get('input')!r:.80}"
        for problem in error.errors()
    }
    sentences = "; ".join(f"{name}: {reason}" for name, reason in fields.items())
    return answer(request.url.path, errors.Invalid(f"{sentences}.", fields=fields))


async def _routing(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    path = request.url.path
    sentences = {
        404: f"There is nothing at {path:.200}; the documentation is at /docs.",
        405: f"{request.method} does not work here.",
    }
    message = sentences.get(error.status_code, str(error.detail))
    return _shaped(path, Problem(error.status_code, message, headers=error.headers or {}))


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    identifier = request_id.get() or ""
    log.error("request broke", exc_info=error)
    message = f"Something unexpected happened; the log has it under {identifier}."
    # Starlette answers this one outside of all middleware, so Frame does not see it.
    headers = {"X-Request-Id": identifier, "X-Content-Type-Options": "nosniff"}
    more = {"request_id": identifier}
    return _shaped(request.url.path, Problem(500, message, more=more, headers=headers))
