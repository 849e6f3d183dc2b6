"""Errors become answers here, once; each door has its own shape."""

import logging
from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from moorage.kit import errors
from moorage.kit.errors import MoorageError
from moorage.kit.faults import refused
from moorage.kit.i18n import Text
from moorage.kit.log import request_id
from moorage.kit.reasons import reason
from moorage.openstack import port as cloud
from moorage.web import problems
from moorage.web.problems import Problem
from moorage.web.routing import methods
from moorage.web.shapes import Failure, shaped

log = logging.getLogger(__name__)


class TooLarge(errors.Invalid):
    """The body has more bytes than we read."""


class Unreadable(errors.Invalid):
    """The body is neither JSON nor a form."""


class Misused(errors.Unauthenticated):
    """A credential came by a way on which it proves nothing."""


PROBLEMS: Mapping[type[MoorageError], Problem] = {
    errors.Invalid: problems.INVALID,
    TooLarge: problems.TOO_LARGE,
    errors.Unauthenticated: problems.UNAUTHENTICATED,
    errors.Denied: problems.DENIED,
    errors.NotFound: problems.NOT_FOUND,
    errors.Conflict: problems.CONFLICT,
    errors.PreconditionFailed: problems.PRECONDITION_FAILED,
    errors.QuotaExceeded: problems.QUOTA_EXCEEDED,
    errors.KeyReused: problems.KEY_REUSED,
    errors.Throttled: problems.TOO_MANY_REQUESTS,
    errors.Unavailable: problems.UNAVAILABLE,
    errors.Failed: problems.FAILED,
    cloud.Refused: problems.CLOUD_DENIED,
    cloud.Broken: problems.UNREACHABLE,
    cloud.Unreachable: problems.UNREACHABLE,
    cloud.TooSlow: problems.TOO_SLOW,
}
_CHALLENGE = 'Bearer realm="moorage", Basic realm="moorage", charset="UTF-8"'
_PLACES = {"query": "parameter", "path": "parameter", "header": "header"}  # FastAPI's words, ours
_HEADERS = ("Idempotency-Key", "If-Match", "If-None-Match", "Last-Event-ID")


def install(app: FastAPI) -> None:
    """Have the app answer all errors in the shape of their door."""
    app.add_exception_handler(MoorageError, expected)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _routing)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _unexpected)


def problem_of(error: MoorageError) -> Problem:
    """Return the problem of the nearest kind that has one."""
    return next(PROBLEMS[kind] for kind in type(error).__mro__ if kind in PROBLEMS)


def answer(path: str, error: MoorageError, places: Mapping[str, str] | None = None) -> JSONResponse:
    """Return what the door at a path says of an expected error. places: as in Failure."""
    more: dict[str, object] = {}
    headers = {}
    if isinstance(error, errors.QuotaExceeded):
        more = {"in_use": error.in_use, "reserved": error.reserved, "limit": error.limit}
    if isinstance(error, errors.Unauthenticated):
        headers["WWW-Authenticate"] = _CHALLENGE
    if isinstance(error, errors.Throttled):
        headers["Retry-After"] = str(error.retry_after_s)
    problem = problem_of(error)
    fields = error.fields if isinstance(error, errors.Invalid) else {}
    failure = Failure(
        problem,
        problem.status,
        error.message,
        fields,
        places or {},
        more,
        headers,
        is_read=not isinstance(error, Unreadable),
        is_nobody=type(error) is errors.Unauthenticated,
    )
    return shaped(path, failure)


async def expected(request: Request, error: Exception) -> JSONResponse:
    """Return what a request is answered that met an expected error."""
    assert isinstance(error, MoorageError)
    if error.detail is not None:
        log.warning("refused", extra={"reason": error.message, "detail": error.detail})
    places = dict.fromkeys(_HEADERS, "header") | dict.fromkeys(request.query_params, "parameter")
    return answer(request.url.path, error, places)


async def _malformed(request: Request, error: Exception) -> JSONResponse:
    """A parameter or a header that is not what the route declares."""
    assert isinstance(error, RequestValidationError)
    fields, places = {}, {}
    for problem in error.errors():
        where, *rest = map(str, problem["loc"])
        name = ".".join(rest)
        fields[name] = reason(problem)
        places[name] = _PLACES[where]
    return answer(request.url.path, refused(fields), places)


async def _routing(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    path = request.url.path
    sentences = {
        404: Text("There is nothing at {path:.200}; the documentation is at /docs.", path=path),
        405: Text("{method} does not work here.", method=request.method),
    }
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(sorted(methods(request.scope)))  # Starlette names one route's
    failure = Failure(
        problems.OF_STATUS.get(error.status_code, [problems.INVALID])[0],
        error.status_code,
        sentences.get(error.status_code, str(error.detail)),
        headers=headers,
        is_read=error.status_code != problems.INVALID.status,  # of Starlette: a broken form
    )
    return shaped(path, failure)


async def _gone(_request: Request, _error: Exception) -> Response:
    """Whoever hung up in the middle of its body hears this no more; it is for the log."""
    return Response(status_code=499)


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    identifier = request_id.get() or ""
    log.error("request broke", exc_info=error)
    message = Text("Something unexpected happened; the log has it under {id}.", id=identifier)
    # Starlette answers this one outside of all middleware, so Frame does not see it.
    headers = {"X-Request-Id": identifier, "X-Content-Type-Options": "nosniff"}
    more = {"request_id": identifier}
    failure = Failure(problems.UNEXPECTED, 500, message, more=more, headers=headers)
    return shaped(request.url.path, failure)
