"""Query parameters: one that a route does not know, or that comes twice, is refused by name."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

from fastapi import Request
from fastapi.dependencies.models import Dependant

from moorage.kit.errors import Invalid
from moorage.web.deps import CallerDep

# endpoint → query parameter → whether it may come several times
_known: dict[object, Mapping[str, bool]] = {}


async def refuse_unknown(request: Request, _caller: CallerDep) -> None:
    """Raise Invalid with every bad parameter; first of all the caller must be somebody."""
    if not request.url.query:
        return
    known = _parameters(request)
    faults = {}
    for name in request.query_params:
        if name not in known:
            faults[name] = f"is no parameter here; {_there_are(known)}"
        elif not known[name] and len(request.query_params.getlist(name)) > 1:
            faults[name] = "is there twice; give it once"
    if faults:
        sentences = "; ".join(f"{name!r} {reason}" for name, reason in faults.items())
        raise Invalid(f"{sentences}.", fields=faults)


def _parameters(request: Request) -> Mapping[str, bool]:
    route = request.scope["route"]
    if route.endpoint not in _known:
        _known[route.endpoint] = dict(_declared(route.dependant))
    return _known[route.endpoint]


def _declared(dependant: Dependant) -> Iterator[tuple[str, bool]]:
    for parameter in dependant.query_params:
        yield parameter.alias, _is_list(parameter.field_info.annotation)
    for below in dependant.dependencies:
        yield from _declared(below)


def _is_list(annotation: Any) -> bool:  # Any: whatever may stand in an annotation
    return list in (annotation, get_origin(annotation)) or any(map(_is_list, get_args(annotation)))


def _there_are(known: Mapping[str, bool]) -> str:
    return f"there are {', '.join(sorted(known))}" if known else "there are none"
