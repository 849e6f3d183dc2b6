"""Bodies: read as JSON or a form, checked against a model, every bad field named."""

import json
from collections import Counter
from typing import Any, TypeVar

import msgspec
from fastapi import Request
from pydantic import BaseModel, ValidationError

from moorage.kit.errors import Invalid

Model = TypeVar("Model", bound=BaseModel)

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_DEEPEST = 32  # levels; far below those at which json.dumps or repr give up
_SHOWN = 80  # characters of what was given; an error is no place for a novel


async def read_json(request: Request) -> dict[str, Any]:  # Any: JSON
    """Return the JSON object of a body, whatever its content type says. Raises Invalid."""
    body = await request.body()
    try:
        content = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid(f"The body is not JSON: {error}.") from error
    if not isinstance(content, dict):
        raise Invalid("The body must be a JSON object.")
    if _is_deep(content):
        raise Invalid(f"The body is nested more than {_DEEPEST} levels deep.")
    json.loads(body, object_pairs_hook=_without_doubles)
    return content


async def read_fields(request: Request) -> dict[str, Any]:  # Any: JSON
    """Return what a request says in its query, and in its body as JSON or as a form."""
    fields: dict[str, Any] = dict(request.query_params)
    content_type = request.headers.get("content-type", "")
    if content_type.startswith(_FORMS):
        async with request.form(max_files=0) as form:
            return fields | {name: value for name, value in form.items() if isinstance(value, str)}
    return fields | (await read_json(request) if await request.body() else {})


def parse(model: type[Model], content: dict[str, Any]) -> Model:  # Any: JSON
    """Return the content as the model. Raises Invalid with every bad field."""
    try:
        return model.model_validate(content, strict=True)
    except ValidationError as error:
        fields = {}
        for problem in error.errors(include_url=False):
            name = ".".join(str(part) for part in problem["loc"])[:_SHOWN]
            fields[name] = _reason(model, problem["type"], problem["msg"], problem["input"])
        sentences = "; ".join(f"{name} {reason}" for name, reason in fields.items())
        raise Invalid(f"{sentences}.", fields=fields) from error


def described(model: type[BaseModel], example: object) -> dict[str, Any]:  # Any: OpenAPI
    """Return the part of OpenAPI that tells of a body we read by ourselves."""
    content = {"schema": model.model_json_schema(), "example": example}
    return {"requestBody": {"required": True, "content": {"application/json": content}}}


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:  # Any: JSON
    """Return an object. Raises Invalid on a name it has twice: one of them would be lost."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = Counter(name for name, _ in pairs)
        doubled = names.most_common(1)[0][0]
        raise Invalid(
            f"The body says {doubled[:_SHOWN]!r} twice; say it once.",
            fields={doubled[:_SHOWN]: "is there twice"},
        )
    return found


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


def _reason(model: type[BaseModel], kind: str, message: str, given: object) -> str:
    if kind == "extra_forbidden":
        return f"is no field of this request; it takes {', '.join(model.model_fields)}"
    if kind == "rule":
        return message
    if kind == "missing":
        return "is required"
    sentence = message.removeprefix("Value error, ")
    return f"is wrong: {sentence[:1].lower()}{sentence[1:]}; given was {given!r:.{_SHOWN}}"
