"""An app: any Compose file, and the block `x-moorage` that says how to run it for somebody."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from jsonschema import Draft202012Validator, SchemaError
from pydantic import Field, StringConstraints, field_validator, model_validator

from moorage.catalog.blueprint import Blueprint, Name, Plain, Range
from moorage.catalog.options import Frozen
from moorage.catalog.patterns import compiled

Variable = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
_RUN_BY_BROWSERS = ("javascript", "data", "vbscript")
Port = Annotated[int, Field(ge=1, le=65535)]


class Needs(Frozen):
    """What an app takes of a server. disk_mib: images and first data."""

    memory_mib: Annotated[int, Field(ge=1)]
    disk_mib: Annotated[int, Field(ge=1)]


class Endpoint(Frozen):
    """What a published port leads to. scheme: what clients speak."""

    service: str
    port: Port
    scheme: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9+.-]{0,20}$")] = "http"

    @field_validator("scheme")
    @classmethod
    def _leads_somewhere(cls, scheme: str) -> str:
        if scheme in _RUN_BY_BROWSERS:
            raise ValueError(f"must not be {scheme}, which browsers would run")
        return scheme


class ImageSource(Frozen):
    """How to have a service's image without a registry: built here, or our database's.

    build, base: folders beside the Compose file and beside the blueprint's. version: the tag of
    what is built. registry: whether the official image of the Compose file does as well.
    """

    build: str | None = None
    base: str | None = None
    suite: str | None = None
    version: str | None = None
    blueprint: Name | None = None
    registry: bool = True

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.build is None) == (self.blueprint is None):
            raise ValueError("must have either build or blueprint")
        return self


class FirstLogin(Frozen):
    """The app's first user. password: a variable that is generated."""

    user: str
    password: Variable


class Ready(Frozen):
    """What the published main port answers once the app is usable. tcp: it is enough to connect.

    status: empty: any below 500.
    """

    path: Annotated[str, StringConstraints(pattern=r"^/[!-~]*$", max_length=500)] = "/"
    status: tuple[int, ...] = ()
    contains: str = ""
    tcp: bool = False
    timeout_s: Annotated[int, Field(ge=1, le=3600)] = 300


class Dump(Frozen):
    """Commands in a running service: one writes its data to the output, one reads them."""

    service: str
    command: Annotated[tuple[Plain, ...], Field(min_length=1)]
    restore: Annotated[tuple[Plain, ...], Field(min_length=1)]


class Backup(Frozen):
    """What a backup holds."""

    dump: Dump | None = None
    volumes: tuple[str, ...] = ()


class About(Frozen):
    """The block `x-moorage` of an app.

    questions: the JSON Schema of an order's settings, by variable. secrets: variables that are
    generated. values: variables that nobody is asked for. show: those of both that the owner
    sees. database: what `db_port` leads to. reaches_databases: the main service is in its owner's
    network too, where their databases answer by their names.
    """

    kind: Literal["app"]
    name: Name | None = None
    title: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    description: str = ""
    category: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z ]*$")] = "other"
    website: Annotated[str, StringConstraints(pattern=r"^(https?://[!-~]+)?$")] = ""
    versions: Annotated[tuple[str, ...], Field(min_length=1)] = ("latest",)
    needs: Needs
    cpus: Range = Range(default=1, min=0.1, max=128)
    main: Endpoint | None = None
    database: Endpoint | None = None
    reaches_databases: bool = False
    images: dict[str, ImageSource] = Field(default_factory=dict)
    questions: Mapping[str, Any] = Field(default_factory=dict)  # Any: JSON Schema
    secrets: tuple[Variable, ...] = ()
    values: dict[Variable, str] = Field(default_factory=dict)
    show: tuple[Variable, ...] = ()
    login: FirstLogin | None = None
    ready: Ready = Ready()
    backup: Backup = Backup()

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        for word, value in _members(self.questions):
            if word.startswith("$"):
                raise ValueError(f"questions: must not refer to anything by {word}")
            if word == "patternProperties":
                raise ValueError("questions: must name its properties, not have patternProperties")
            if word == "pattern" and isinstance(value, str):
                compiled(value)
        try:
            Draft202012Validator.check_schema(self.questions)
        except SchemaError as error:
            place = ".".join(("questions", *map(str, error.absolute_path)))
            raise ValueError(
                f"{place}: {error.instance!r:.80} is not what JSON Schema has there"
            ) from error
        for name, question in self.questions.get("properties", {}).items():
            if isinstance(question, bool):
                raise ValueError(f"questions.properties.{name}: must be an object")
        if unknown := {*self.show} - {*self.secrets, *self.values}:
            raise ValueError(f"show: {', '.join(sorted(unknown))} must be in secrets or values")
        if self.login and self.login.password not in self.secrets:
            raise ValueError(f"login.password: {self.login.password} must be in secrets")
        return self


def _members(schema: object) -> Iterator[tuple[str, object]]:
    """List all keywords of a JSON Schema, and names of properties, with what they hold."""
    if isinstance(schema, Mapping):
        yield from schema.items()
        schema = schema.values()
    if isinstance(schema, Iterable) and not isinstance(schema, str):
        for inner in schema:
            yield from _members(inner)


class App(About):
    """An app that can be ordered.

    folder, file: its Compose file, and what that refers to. services, volumes: their names in
    it. allowed: rules of the judge that an administrator lifted for it. edition: which of those
    that were added under its name; None: it is shipped.
    """

    name: Name
    folder: Path
    file: str = "compose.yaml"
    services: Annotated[tuple[str, ...], Field(min_length=1)]
    volumes: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    edition: str | None = None

    @property
    def needs_registry(self) -> bool:
        """Whether one of its images can only be fetched."""
        return self.images.keys() != {*self.services}

    @model_validator(mode="after")
    def _named(self) -> Self:
        dump = self.backup.dump
        named = {
            "main.service": self.main and self.main.service,
            "database.service": self.database and self.database.service,
            "backup.dump.service": dump and dump.service,
            **{f"images.{service}": service for service in self.images},
        }
        for field, service in named.items():
            if service is not None and service not in self.services:
                raise ValueError(f"{field}: there is no service {service}")
        for volume in self.backup.volumes:
            if volume not in self.volumes:
                raise ValueError(f"backup.volumes: there is no volume {volume}")
        return self


Orderable = Blueprint | App
