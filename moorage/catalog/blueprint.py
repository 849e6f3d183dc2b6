"""A blueprint: one Compose service and the block `x-moorage` that makes it orderable."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from moorage.catalog.options import Dialect, Frozen, Key, Option, Refused, Secret

NAME = re.compile(r"[a-z][a-z0-9-]{1,39}")

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


def _seconds(raw: object) -> object:
    """Read a duration of Compose, such as 1m30s."""
    found = _DURATION.fullmatch(raw) if isinstance(raw, str) and raw else None
    if found is None:
        raise ValueError("must be a duration such as 30s or 1m30s")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds).total_seconds()


def _plain(raw: object) -> object:
    """Take Compose's `$$` for `$`; anything else that starts with one would be interpolated."""
    if isinstance(raw, str) and re.search(r"(?<!\$)(\$\$)*\$(?!\$)", raw):
        raise ValueError("must not interpolate variables; write $$ for a $")
    return raw.replace("$$", "$") if isinstance(raw, str) else raw


Name = Annotated[str, StringConstraints(pattern=f"^{NAME.pattern}$")]
Seconds = Annotated[float, BeforeValidator(_seconds)]
Plain = Annotated[str, BeforeValidator(_plain)]


class Health(Frozen):
    """How the engine looks after the container."""

    test: Annotated[tuple[Plain, ...], Field(min_length=2)]
    interval: Annotated[Seconds, Field(ge=10)]  # more often, and an idle house is not idle
    timeout: Seconds
    start_period: Seconds
    retries: int


class Service(Frozen):
    """What we understand of a Compose service."""

    image: Literal["${MOORAGE_IMAGE}"]  # the one thing that an order decides
    user: str
    entrypoint: tuple[Plain, ...] | None = None
    command: tuple[Plain, ...] = ()
    environment: dict[str, Plain] = Field(default_factory=dict)
    volumes: Annotated[tuple[str, ...], Field(min_length=1, max_length=1)]
    expose: Annotated[tuple[str, ...], Field(min_length=1)]
    healthcheck: Health
    stop_signal: str = "SIGTERM"
    stop_grace_period: Seconds

    @property
    def data_path(self) -> str:
        """Where the data live in the container."""
        return self.volumes[0].partition(":")[2]


class Version(Frozen):
    """One way to have the image. registry: what to pull. build: a folder, and Debian's suite."""

    registry: str | None = None
    build: str | None = None
    suite: str | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.registry is None) == (self.build is None) or bool(self.build) != bool(self.suite):
            raise ValueError("must have either registry, or build and suite")
        return self


class WholeRange(Frozen):
    """What an order may ask of something that is counted."""

    default: int
    min: int
    max: int


class Range(Frozen):
    """What an order may ask of something that is measured."""

    default: float
    min: float
    max: float


class LoginSource(Frozen):
    """Where the credentials of the first user are. The keys win over the plain values."""

    probe: Literal["mysql", "redis", "postgres"]
    user: str = ""
    user_key: Key | None = None
    password_key: Key
    database: str = ""
    database_keys: tuple[Key, ...] = ()


class Blueprint(Frozen):
    """Something that can be ordered.

    versions: key → source, the preferred one first. overlay: a folder built on top of any of
    them. show: extra keys on the resources door. refused: key → why an order may not say it.
    memory_base_mib: what the server needs before any of its options cost memory.
    """

    name: Name
    folder: Path
    service: Service

    kind: Literal["database"]
    title: str
    description: str
    manual: str
    versions: Annotated[dict[str, Version], Field(min_length=1)]
    overlay: str | None = None
    memory_mib: WholeRange
    memory_base_mib: int
    cpus: Range
    pids: int
    port: int
    ready_timeout_s: int
    login: LoginSource
    url: str
    show: dict[str, str] = Field(default_factory=dict)
    dialect: Dialect
    options: dict[Key, Option]
    refused: dict[Key, str] = Field(default_factory=dict)

    @property
    def needs_registry(self) -> bool:
        """Whether the images of all versions can only be fetched."""
        return not any(version.build for version in self.versions.values())

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if str(self.port) not in self.service.expose:
            raise ValueError(f"port {self.port} must be in the service's expose")
        if self.memory_base_mib > self.memory_mib.min:
            raise ValueError("memory_base_mib must not be more than memory_mib.min")
        for key, option in self.options.items():
            for named in (option.requires, option.excludes, getattr(option, "part_of", None)):
                if named is not None and named not in self.options:
                    raise ValueError(f"options.{key}: there is no option {named}")
            for version in option.versions or ():
                if version not in self.versions:
                    raise ValueError(f"options.{key}.versions: there is no version {version!r}")
            examples = () if isinstance(option, Secret) else (option.example,)
            for value in (*examples, *((option.default,) if option.default is not None else ())):
                try:
                    option.read(value, self.dialect)
                except Refused as error:
                    raise ValueError(f"options.{key}: {value!r} {error}") from error
        return self

    def image(self, version: str) -> str:
        """Return the image reference of a version, the same on every server."""
        return f"moorage/{self.name}:{version}"

    def find(self, key: str) -> str | None:
        """Return the option's own key for any spelling of it: `--max_connections` is fine."""
        if key.startswith("--"):
            key = "--" + key[2:].replace("_", "-")
        if key in self.options:
            return key
        return next((own for own, option in self.options.items() if key in option.also), None)
