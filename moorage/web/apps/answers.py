"""What the apps door answers."""

from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, Field

from moorage.catalog.app import App
from moorage.kit.i18n import translated
from moorage.web.v1.blueprints import icon_of
from moorage.web.v1.instance_schemas import ContainerOut

JsonObject = dict[str, Any]  # Any: JSON
Data = TypeVar("Data")


class Envelope(BaseModel, Generic[Data]):
    """Every answer. code: "1": done; "0": not, and `message` says why."""

    code: Literal["0", "1"]
    message: str = Field(description="In the language of Accept-Language: en, ru or zh.")
    data: Data


class InstalledOut(BaseModel):
    """An app that is being installed."""

    container_name: str = Field(alias="containerName", examples=["websoft9-redmine"])
    port: str = Field(description="Empty: it has none.", examples=["9001"])
    db_port: str = Field(description="Empty: it has none.", examples=["3307"])
    info: str
    operation: str = Field(examples=["/v1/operations/op_01KAKQ8C5V0GJ3N6Z9X2T4W7YR"])


class RemovedOut(BaseModel):
    """What became of it. operation: where to follow it while it is still being removed.

    volumes: those with its data, when they are kept.
    """

    info: str
    operation: str
    volumes: list[str]


class StateOut(BaseModel):
    """How an app is. status: "0" not started yet, or stopped; "1" running; "2" failed."""

    app_name: str = Field(alias="appName", examples=["redmine"])
    id: str = Field(description="Of the instance that it is.", examples=["ins_01KAKQ8C5V0GJ3N6Z9"])
    name: str = Field(examples=["redmine-1"])
    status: Literal["0", "1", "2"]
    port: str
    db_port: str
    info: str = Field(description="How far it is, or why it failed.")
    version: str
    containers: list[ContainerOut]


class StatesOut(BaseModel):
    """How all apps are."""

    apps: list[StateOut]


class NotRemovedOut(BaseModel):
    """An app that could not be removed."""

    app_name: str = Field(alias="appName")
    reason: str


class AllRemovedOut(BaseModel):
    """What became of all apps. apps: what would go, when that was not confirmed.

    volumes: those with data of what is removed, when they are kept.
    """

    removed: list[str]
    failed: list[NotRemovedOut]
    apps: list[str]
    volumes: list[str]


class ServerOut(BaseModel):
    """How a server is. risk: how many warnings stand; info names them.

    Of a machine that cannot be seen from here cpu, memory and hdd are "unknown", load is empty,
    and uptime is null.
    """

    cpu: str = Field(examples=["10%"])
    memory: str = Field(examples=["54%"])
    hdd: str = Field(description="Of the disk with the engine's data.", examples=["37%"])
    risk: str = Field(examples=["3"])
    info: str
    load: list[float] = Field(description="Over 1, 5 and 15 minutes.")
    uptime: int | None = Field(description="In seconds.")
    containers: int = Field(description="How many run.")
    os: str


class ListedOut(BaseModel):
    """An app that can be installed. settings: the JSON Schema of what installApp takes."""

    app_name: str = Field(alias="appName", examples=["redmine"])
    title: str
    description: str
    category: str
    website: str
    versions: list[str]
    memory_mib: int
    disk_mib: int
    needs_registry: bool = Field(description="Whether an image can only be fetched, not built.")
    settings: JsonObject
    icon: str | None


class CatalogueOut(BaseModel):
    """What can be installed."""

    apps: list[ListedOut]


def answer(code: Literal["0", "1"], message: str, data: BaseModel) -> JsonObject:
    """Return an answer in the language of the request."""
    told = data.model_dump(mode="json", by_alias=True)
    return {"code": code, "message": translated(message), "data": told}


def listed(app: App) -> ListedOut:
    """Return an app as the catalogue shows it."""
    return ListedOut(
        appName=app.name,
        title=app.title,
        description=app.description,
        category=app.category,
        website=app.website,
        versions=list(app.versions),
        memory_mib=app.needs.memory_mib,
        disk_mib=app.needs.disk_mib,
        needs_registry=app.needs_registry,
        settings=dict(app.questions),
        icon=icon_of(app),
    )
