"""What an error looks like on each door, in the language of the request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from fastapi.responses import JSONResponse

from moorage.kit.i18n import Text, translated
from moorage.kit.log import request_id
from moorage.web import problems
from moorage.web.problems import FaultOut, Problem, ProblemOut

APPS = (
    "/installApp",
    "/uninstallApp",
    "/getAppInfo",
    "/getAllAppInfo",
    "/uninstallAllApp",
    "/searchServer",
    "/getAppList",
)
_EXPIRED = Text("Invalid or expired token")
_UNHEARD = (  # on the apps door; a request that it could hear is answered with 200
    problems.UNAUTHENTICATED,
    problems.DENIED,
    problems.METHOD_NOT_ALLOWED,
    problems.TOO_LARGE,
    problems.TOO_MANY_REQUESTS,
    problems.UNEXPECTED,
)


@dataclass(frozen=True, slots=True)
class Failure:
    """What every door tells of an error.

    fields: name → reason. places: the names of those that are not in the body → `parameter` or
    `header`. more: members that only some errors have. is_read: whether the body could be.
    is_nobody: whether all that is wrong is that nobody known is calling.
    """

    problem: Problem
    status: int
    message: str
    fields: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    is_read: bool = True
    is_nobody: bool = False


def shaped(path: str, failure: Failure) -> JSONResponse:
    """Return what the door at a path answers."""
    doors = {"/v1/": _native, "/api/v1/": _vms, "/api/": _machines}
    for beginning, door in doors.items():
        if f"{path}/".startswith(beginning):
            return door(failure)
    return _apps(failure) if path in APPS else _resources(failure)


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
        detail=translated(failure.message),
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
    return FaultOut.model_validate({place: name, "detail": translated(reason)})


def _resources(failure: Failure) -> JSONResponse:
    body = {"message": translated(failure.message), **failure.more}
    if failure.fields:
        body["errors"] = {name: translated(reason) for name, reason in failure.fields.items()}
    return JSONResponse(body, failure.status, dict(failure.headers))


def _machines(failure: Failure) -> JSONResponse:
    detail = _EXPIRED if failure.is_nobody else failure.message
    return JSONResponse({"detail": translated(detail)}, failure.status, dict(failure.headers))


def _vms(failure: Failure) -> JSONResponse:
    body = {"message": translated(failure.message)}
    return JSONResponse(body, failure.status, dict(failure.headers))


def _apps(failure: Failure) -> JSONResponse:
    is_heard = failure.is_read and failure.problem not in _UNHEARD
    return JSONResponse(
        {"code": "0", "message": translated(failure.message), "data": {}},
        200 if is_heard else failure.status,
        dict(failure.headers),
    )
