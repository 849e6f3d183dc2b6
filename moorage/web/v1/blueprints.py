"""`/v1/blueprints`: what there is to order, and what an order may say of it."""

import asyncio
from operator import attrgetter
from typing import Any, Literal

from fastapi.responses import Response
from pydantic import BaseModel, Field

from moorage.catalog import icons
from moorage.catalog.app import App, Orderable
from moorage.catalog.blueprint import Blueprint
from moorage.catalog.options import Option, Quantity
from moorage.kit.paging import Listed, listed
from moorage.web.deps import ToolsDep
from moorage.web.etags import IfNoneMatchDep
from moorage.web.paging import ListOut, PageDep
from moorage.web.v1.nouns import UNCHANGED, noun, problems

# Whoever adds an app may put a script into its icon; opened as a page, it runs nothing.
_HARMLESS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, max-age=3600",
}

Kind = Literal["database", "app", "cloud"]


class WholeRangeOut(BaseModel):
    """What an order may ask for, and what it gets when it does not."""

    default: int
    min: int
    max: int


class RangeOut(BaseModel):
    """What an order may ask for, and what it gets when it does not."""

    default: float
    min: float
    max: float


class OptionOut(BaseModel):
    """A member of an order's `config`. What its type does not need is null or empty."""

    name: str = Field(examples=["--maxmemory"])
    type: str = Field(examples=["size"])
    description: str = Field(examples=["How much the data may take."])
    default: str | None = Field(description="When you say nothing; null: the server's own.")
    example: str | float | bool | None = None
    min: str | float | None = None
    max: str | float | None = None
    unit: str | None = Field(default=None, description="What a bare number counts.")
    units: list[str] = []
    special: list[str] = Field(default=[], description="Words that are allowed beside amounts.")
    values: list[str] = Field(default=[], description="A choice takes one, flags take some.")
    separator: str | None = Field(default=None, description="Between flags.")
    pattern: str | None = Field(default=None, description="Of a text, as a regular expression.")
    says: str | None = Field(default=None, description="The pattern in words.")
    also: list[str] = Field(default=[], description="Other spellings of the name.")
    requires: str | None = Field(default=None, description="The option it says nothing without.")
    excludes: str | None = Field(default=None, description="The option that says the same.")
    versions: list[str] | None = Field(default=None, description="Null: all versions know it.")


class BlueprintItem(BaseModel):
    """Something that can be ordered. The first of its versions is the default."""

    name: str = Field(examples=["redis"])
    kind: Kind
    title: str = Field(examples=["Redis"])
    description: str = Field(examples=["An in-memory store."])
    versions: list[str] = Field(examples=[["8.2", "8.0"]])
    needs_registry: bool = Field(description="Whether an image can only be fetched, not built.")
    icon: str | None = Field(
        description="The path of an SVG.", examples=["/v1/blueprints/redis/icon"]
    )


class BlueprintOut(BlueprintItem):
    """Something that can be ordered, with all that a form needs."""

    manual: str = Field(description="The URL where its options are explained at length.")
    port: int = Field(description="On which it listens inside; instances get one of their own.")
    memory_mib: WholeRangeOut
    cpus: RangeOut
    ready_timeout_s: int = Field(description="How long it may take until a client can log in.")
    options: list[OptionOut]


class AppOut(BlueprintItem):
    """An app that can be ordered, with all that a form needs."""

    category: str = Field(examples=["wiki"])
    website: str
    port: int | None = Field(description="On which it listens inside; null: on none.")
    memory_mib: int = Field(description="How much memory it needs.")
    disk_mib: int = Field(description="How much disk it needs for images and first data.")
    cpus: RangeOut
    ready_timeout_s: int = Field(description="How long it may take until it can be used.")
    settings: dict[str, Any] = Field(  # Any: JSON Schema
        description="The JSON Schema of what an order may set."
    )
    secrets: list[str] = Field(description="Variables that are generated.")


router = noun("blueprints")


@router.get("", response_model=ListOut[BlueprintItem])
async def list_blueprints(page: PageDep, tools: ToolsDep, kind: Kind | None = None) -> Listed:
    """List what there is to order, by name."""
    found = [one for one in tools.catalog.list(kind) if one.name > (page.after or "")]
    return listed([_item(one) for one in found], page, key=attrgetter("name"))


@router.get(
    "/{blueprint}", response_model=BlueprintOut | AppOut, responses=problems(404) | UNCHANGED
)
async def show_blueprint(blueprint: str, has: IfNoneMatchDep, tools: ToolsDep) -> Response:
    """Show what an order may say: versions, sizes, every option with its type and range."""
    found = tools.catalog.any(blueprint)
    return has.answer(_app(found) if isinstance(found, App) else _whole(found))


@router.get(
    "/{blueprint}/icon",
    response_class=Response,
    responses=problems(404) | {200: {"content": {"image/svg+xml": {}}}},
)
async def show_icon(blueprint: str, tools: ToolsDep) -> Response:
    """Show its icon, an SVG."""
    icon = await asyncio.to_thread(icons.read, tools.catalog.any(blueprint))
    return Response(icon, media_type="image/svg+xml", headers=_HARMLESS)


def icon_of(blueprint: Orderable) -> str | None:
    """Return the path at which its icon is; None when it has none."""
    return f"{router.prefix}/{blueprint.name}/icon" if icons.path(blueprint) else None


def _item(blueprint: Orderable) -> BlueprintItem:
    return BlueprintItem(
        name=blueprint.name,
        kind=blueprint.kind,
        title=blueprint.title,
        description=blueprint.description,
        versions=list(blueprint.versions),
        needs_registry=blueprint.needs_registry,
        icon=icon_of(blueprint),
    )


def _whole(blueprint: Blueprint) -> BlueprintOut:
    return BlueprintOut(
        **_item(blueprint).model_dump(),
        manual=blueprint.manual,
        port=blueprint.port,
        memory_mib=WholeRangeOut(**blueprint.memory_mib.model_dump()),
        cpus=RangeOut(**blueprint.cpus.model_dump()),
        ready_timeout_s=blueprint.ready_timeout_s,
        options=[_option(blueprint, *one) for one in blueprint.options.items()],
    )


def _app(app: App) -> AppOut:
    return AppOut(
        **_item(app).model_dump(),
        category=app.category,
        website=app.website,
        port=app.main.port if app.main else None,
        memory_mib=app.needs.memory_mib,
        disk_mib=app.needs.disk_mib,
        cpus=RangeOut(**app.cpus.model_dump()),
        ready_timeout_s=app.ready.timeout_s,
        settings=dict(app.questions),
        secrets=list(app.secrets),
    )


def _option(blueprint: Blueprint, name: str, option: Option) -> OptionOut:
    told = option.model_dump(mode="json", include=set(OptionOut.model_fields))
    if isinstance(option, Quantity):
        memory_mib, dialect = blueprint.memory_mib.default, blueprint.dialect
        told["default"] = option.default or option.share(memory_mib, dialect)
        told["units"] = list(dialect.sizes if option.type == "size" else dialect.durations)
    return OptionOut(name=name, description=option.help, **told)
