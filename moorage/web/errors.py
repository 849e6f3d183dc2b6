"""Errors become answers here, once; each door has its own shape."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from moorage.kit import errors
from moorage.kit.errors import MoorageError
from moorage.kit.log import request_id
from moorage.web import problems
from moorage.web.problems import FaultOut, Problem, ProblemOut

log = logging.getLogger(__name__)


class TooLarge(errors.Invalid):
    """The body has more bytes than we read."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What every door tells of an error.

    fields: name → reason. places: the names of those that are not in the body → `parameter` or
    `header`. more: members that only some errors have.
    """

    problem: Problem
    status: int
    message: str
    fields: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


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
}
_CHALLENGE = 'Bearer realm="moorage", Basic realm="moorage", charset="UTF-8"'
_PLACES = {"query": "parameter", "path": "parameter", "header": "header"}  # FastAPI's words, ours
_HEADERS = ("Idempotency-Key", "If-Match", "If-None-Match", "Last-Event-ID")


def install(app: FastAPI) -> None:
    """Have the app answer all errors in the shape of their door."""
    app.add_exception_handler(MoorageError, _expected)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _routing)
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
    return _shaped(
        path, Failure(problem, problem.status, error.message, fields, places or {}, more, headers)
    )


def _shaped(path: str, failure: Failure) -> JSONResponse:
    shape = _native if path.startswith("/v1/") else _resources
    return shape(failure)


def _native(failure: Failure) -> JSONResponse:
    """Source: RFC 9457."""
    faults = [
        _fault(failure.places.get(name, "pointer"), name, reason)
        for name, reason in failure.fields.items()
    ]
    told = ProblemOut(
        type=failure.problem.type,
        title=failure.problem.title,
        status=failure.status,
        detail=failure.message,
        request_id=request_id.get(),
        errors=faults or None,
    )
    return JSONResponse(
        told.model_dump(exclude_none=True) | dict(failure.more),
        failure.status,
        dict(failure.headers),
        media_type="application/problem+json",
    )


def _fault(place: str, name: str, reason: str) -> FaultOut:
    if place == "pointer":
        # RFC 6901 §3 and §6; the names that rooms give have a dot where the pointer has a slash.
        escaped = name.replace("~", "~0").replace("/", "~1").replace(".", "/")
        name = f"#/{quote(escaped, safe='/~!$&()*+,;=:@')}"
    return FaultOut.model_validate({place: name, "detail": reason})


def _resources(failure: Failure) -> JSONResponse:
    body = {"message": failure.message, **failure.more}
    if failure.fields:
        body["errors"] = failure.fields
    return JSONResponse(body, failure.status, dict(failure.headers))


async def _expected(request: Request, error: Exception) -> JSONResponse:
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
        fields[name] = f"{problem['msg']}; given was {problem.get('input')!r:.80}"
        places[name] = _PLACES[where]
    sentences = "; ".join(f"{name}: {reason}" for name, reason in fields.items())
    return answer(request.url.path, errors.Invalid(f"{sentences}.", fields=fields), places)


async def _routing(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    path = request.url.path
    sentences = {
        404: f"There is nothing at {path:.200}; the documentation is at /docs.",
        405: f"{request.method} does not work here.",
    }
    message = sentences.get(error.status_code, str(error.detail))
    [problem, *_] = problems.OF_STATUS.get(error.status_code, [problems.INVALID])
    return _shaped(path, Failure(problem, error.status_code, message, headers=error.headers or {}))


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    identifier = request_id.get() or ""
    log.error("request broke", exc_info=error)
    message = f"Something unexpected happened; the log has it under {identifier}."
    # Starlette answers this one outside of all middleware, so Frame does not see it.
    headers = {"X-Request-Id": identifier, "X-Content-Type-Options": "nosniff"}
    more = {"request_id": identifier}
    failure = Failure(problems.UNEXPECTED, 500, message, more=more, headers=headers)
    return _shaped(request.url.path, failure)
