"""Bodies: read as JSON or a form, checked against a model, every bad field named."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from fastapi import Request
from pydantic import BaseModel, ConfigDict, ValidationError

from moorage.kit.errors import Invalid
from moorage.kit.i18n import Text, joined
from moorage.kit.reasons import reason
from moorage.web.deps import CallerDep
from moorage.web.errors import Unreadable

Model = TypeVar("Model", bound=BaseModel)

_URLENCODED = "application/x-www-form-urlencoded"
BOTH = ("application/json", _URLENCODED)

_FORMS = (_URLENCODED, "multipart/form-data")
_DEEPEST = 32  # levels; far below those at which json.dumps or repr give up
_WIDEST = 1000  # members; to name each that is wrong takes its time, and nobody else is answered
_SHOWN = 80  # characters of what was given; an error is no place for a novel


async def read_json(request: Request) -> dict[str, Any]:  # Any: JSON
    """Return the JSON object of a body, whatever its content type says. Raises Invalid."""
    body = await request.body()
    try:
        content = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(Text("The body is not JSON: {reason}.", reason=error)) from error
    if not isinstance(content, dict):
        raise Unreadable(Text("The body must be a JSON object."))
    if _is_deep(content):
        raise Unreadable(
            Text("The body is nested more than {levels} levels deep.", levels=_DEEPEST)
        )
    if len(content) > _WIDEST:
        raise _too_wide()
    json.loads(body, object_pairs_hook=_without_doubles)
    return content


async def read_fields(request: Request) -> dict[str, Any]:  # Any: JSON
    """Return what a request says in its query, and in its body as JSON or as a form.

    Raises Invalid on a field that is there twice.
    """
    content = await read(request)
    return _without_doubles([*request.query_params.multi_items(), *content.items()])


async def read(request: Request) -> dict[str, Any]:  # Any: JSON
    """Return what a body says, as JSON or as a form; without one, nothing. Raises Invalid."""
    content_type = request.headers.get("content-type", "").lower()
    body = await request.body()
    # curl -d says that JSON is a form; no field of a form begins like that.
    if content_type.startswith(_FORMS) and not body.lstrip().startswith(b"{"):
        return _without_doubles(await _form(request, content_type))
    return await read_json(request) if body else {}


async def refuse_unasked(request: Request, _caller: CallerDep) -> None:
    """Raise Invalid when a body says something to a route that takes none; see `described`."""
    takes_one = "requestBody" in (request.scope["route"].openapi_extra or {})
    if request.method != "GET" and not takes_one:
        parse(_Nothing, await read(request))


def parse(
    model: type[Model],
    content: dict[str, Any],  # Any: JSON
    *,
    strict: bool = True,
) -> Model:
    """Return the content as the model. Raises Invalid with every bad field.

    strict: a number must be one, not text of digits as a query has it.
    """
    try:
        return model.model_validate(content, strict=strict)
    except ValidationError as error:
        fields = {}
        for problem in error.errors(include_url=False):
            name = ".".join(str(part) for part in problem["loc"])[:_SHOWN]
            is_unknown = problem["type"] == "extra_forbidden"
            fields[name] = _unknown(model) if is_unknown else reason(problem)
        parts = [Text("{name} {reason}", name=name, reason=fields[name]) for name in fields]
        raise Invalid(Text("{parts}.", parts=joined("; ", parts)), fields=fields) from error


def described(
    model: type[BaseModel], example: object, *, kinds: Sequence[str] = ("application/json",)
) -> dict[str, Any]:  # Any: OpenAPI
    """Return the part of OpenAPI that tells of a body; a route without it takes none."""
    content = {"schema": model.model_json_schema(), "example": example}
    return {"requestBody": {"required": True, "content": dict.fromkeys(kinds, content)}}


class _Nothing(BaseModel):
    model_config = ConfigDict(extra="forbid")


async def _form(request: Request, content_type: str) -> list[tuple[str, Any]]:  # Any: or a file
    if content_type.startswith(_URLENCODED):  # Starlette reads as Latin-1 what curl -d sends
        try:
            text = (await request.body()).decode()
            fields = parse_qsl(text, keep_blank_values=True, errors="strict")
        except UnicodeDecodeError as error:
            raise Unreadable(Text("The form is not UTF-8.")) from error
        if len(fields) > _WIDEST:
            raise _too_wide()
        return fields
    async with request.form(max_files=0) as form:
        return form.multi_items()


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:  # Any: JSON
    """Return an object. Raises Invalid on a name it has twice: one of them would be lost."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = Counter(name for name, _ in pairs)
        doubled = names.most_common(1)[0][0]
        raise Invalid(
            Text("The request says {name!r} twice; say it once.", name=doubled[:_SHOWN]),
            fields={doubled[:_SHOWN]: Text("is there twice")},
        )
    return found


def _too_wide() -> Unreadable:
    return Unreadable(Text("The body has more than {most} fields; send fewer.", most=_WIDEST))


def _is_deep(content: dict[str, Any]) -> bool:  # Any: JSON
    level: list[Any] = [content]  # Any: objects and lists
    for _ in range(_DEEPEST):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
    return bool(level)


def _unknown(model: type[BaseModel]) -> Text:
    known = ", ".join(field.alias or name for name, field in model.model_fields.items())
    if not known:
        return Text("is no field of this request; it takes none")
    return Text("is no field of this request; it takes {fields}", fields=known)
