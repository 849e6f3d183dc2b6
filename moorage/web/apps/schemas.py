"""What goes into the apps door; how OpenAPI tells of it."""

from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from moorage.catalog.blueprint import NAME
from moorage.kit.faults import refused
from moorage.kit.i18n import Text
from moorage.web import bodies

JsonObject = dict[str, Any]  # Any: JSON


def _object(given: object) -> object:
    """Return what JSON text stands for: a query and a form have nothing else for an object."""
    if not isinstance(given, str):
        return given
    try:
        return msgspec.json.decode(given)
    except msgspec.DecodeError:
        return given


class NothingIn(BaseModel):
    """Takes nothing."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


class AppIn(NothingIn):
    """Which app."""

    app_name: str = Field(examples=["redmine"])


class InstallIn(AppIn):
    """An app to install. customName: what you call it. settings: as getAppList says."""

    custom_name: str | None = None
    version: str | None = None
    settings: Annotated[JsonObject | None, BeforeValidator(_object)] = None
    server: str | None = None
    domain: str | None = None


class UninstallIn(AppIn):
    """An app to remove. purge: its data too."""

    purge: bool = True


class UninstallAllIn(NothingIn):
    """All apps to remove. confirm: without it nothing is removed, and what would be is told."""

    purge: bool = True
    confirm: bool = False


class ServerIn(NothingIn):
    """Which server; left out: the one that Moorage runs on."""

    server: str | None = None


class CatalogueIn(NothingIn):
    """Which apps to list. search: in their names, titles and descriptions."""

    category: str | None = None
    search: str | None = None


In = TypeVar("In", bound=NothingIn)


async def read(request: Request, model: type[In]) -> In:
    """Return what a request says, however it says it; empty text says nothing. Raises Invalid."""
    given = await bodies.read_fields(request)
    found = bodies.parse(
        model, {name: value for name, value in given.items() if value != ""}, strict=False
    )
    if isinstance(found, AppIn) and not NAME.fullmatch(found.app_name):
        reason = Text(
            "{name!r:.80} is given; an app's name has 2 to 40 lower-case letters, digits and "
            "hyphens, a letter first",
            name=found.app_name,
        )
        raise refused({"appName": reason})
    return found


def in_query(model: type[BaseModel]) -> JsonObject:
    """Return the part of OpenAPI that tells of the fields as query parameters."""
    schema = model.model_json_schema()
    required = schema.get("required", [])
    return {
        "parameters": [
            {"name": name, "in": "query", "required": name in required, "schema": one}
            for name, one in schema.get("properties", {}).items()
        ]
    }


def in_body(model: type[BaseModel]) -> JsonObject:
    """Return the part of OpenAPI that tells of the fields as a body, JSON or a form."""
    schema = model.model_json_schema()
    content = {
        kind: {"schema": schema}
        for kind in ("application/json", "application/x-www-form-urlencoded")
    }
    return {"requestBody": {"required": bool(schema.get("required")), "content": content}}
