"""Query parameters: one that a route does not know, or that comes twice, is refused by name."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

from fastapi import Request
from fastapi.dependencies.models import Dependant

from moorage.kit.errors import Invalid
from moorage.kit.i18n import Text, joined
from moorage.web.deps import CallerDep

_MOST = 100

# endpoint → query parameter → whether it may come several times
_known: dict[object, Mapping[str, bool]] = {}


async def refuse_unknown(request: Request, _caller: CallerDep) -> None:
    """Raise Invalid with every bad parameter; first of all the caller must be somebody."""
    if not request.url.query:
        return
    if len(request.query_params.multi_items()) > _MOST:
        raise Invalid(Text("There are more than {most} parameters; send fewer.", most=_MOST))
    known = _parameters(request)
    faults: dict[str, str] = {}
    for name in request.query_params:
        if name not in known:
            faults[name] = _unknown(known)
        elif not known[name] and len(request.query_params.getlist(name)) > 1:
            faults[name] = Text("is there twice; give it once")
    if faults:
        parts = [Text("{name!r} {reason}", name=name, reason=why) for name, why in faults.items()]
        raise Invalid(Text("{parts}.", parts=joined("; ", parts)), fields=faults)


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


def _unknown(known: Mapping[str, bool]) -> Text:
    if not known:
        return Text("is no parameter here; there are none")
    return Text("is no parameter here; there are {names}", names=", ".join(sorted(known)))
