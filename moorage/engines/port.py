"""What Moorage needs of a container engine. Adapters: docker, fake.

Every call is idempotent: what is there already is left as it is, what is gone already is gone.
Errors: Unavailable (the engine does not answer), Invalid (it refuses the request),
NotFound, and the few kinds below that a caller can act on.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from moorage.kit.errors import Conflict, NotFound

MIB = 1 << 20  # bytes

Say = Callable[[str], Awaitable[None]]  # takes a line of progress

ContainerStatus = Literal[
    "created", "running", "paused", "restarting", "removing", "exited", "dead"
]
Health = Literal["none", "starting", "healthy", "unhealthy"]
EventAction = Literal["start", "die", "oom", "stop", "destroy", "health_status"]


class PortTaken(Conflict):
    """The port that a container wants to publish belongs to somebody else."""


class SubnetTaken(Conflict):
    """The subnet overlaps with a network that the engine or its host has."""


class NetworkMissing(NotFound):
    """The network a container wants to join is not there."""


class ImageMissing(NotFound):
    """The image is not on this engine, or no registry has it."""


@dataclass(frozen=True, slots=True)
class VolumeMount:
    """A named volume in a container; made, with the labels, when it is not there."""

    volume: str
    target: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PublishedPort:
    """A TCP port of the container on an address of the server."""

    address: str
    port: int
    inside_port: int


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """How the engine itself looks after a container."""

    test: tuple[str, ...]  # as in Compose: ("CMD", …) or ("CMD-SHELL", "…")
    interval_s: float
    timeout_s: float
    start_period_s: float
    retries: int


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """All that makes a container. It always gets: no-new-privileges, no capabilities, an init
    process, restart unless stopped, and rotated logs."""

    name: str
    image: str
    labels: Mapping[str, str]
    network: str | None = None  # by name; None: the engine's default
    aliases: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] | None = None
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    mounts: tuple[VolumeMount, ...] = ()
    ports: tuple[PublishedPort, ...] = ()
    user: str | None = None
    memory_mib: int | None = None
    cpus: float | None = None
    pids: int | None = None
    stop_signal: str | None = None
    stop_grace_s: int = 10
    health: HealthCheck | None = None
    restart: bool = True


@dataclass(frozen=True, slots=True)
class Container:
    """A container as it was last seen.

    ports: of the server, that it holds while it runs. is_fresh: whether it runs for less than a
    minute. Only a list tells both.
    """

    id: str
    name: str
    image: str
    labels: Mapping[str, str]
    status: ContainerStatus
    health: Health = "none"
    exit_code: int | None = None
    oom_killed: bool = False
    restarts: int = 0
    started_at: datetime | None = None
    ports: tuple[int, ...] = ()
    is_fresh: bool = False


@dataclass(frozen=True, slots=True)
class EngineEvent:
    """Something happened to a container; what it is like now, only a look tells."""

    action: EventAction
    id: str
    name: str
    labels: Mapping[str, str]
    at: datetime


@dataclass(frozen=True, slots=True)
class Usage:
    """What a running container uses, and what it used since it started."""

    at: datetime
    memory_bytes: int  # without cached files that can be dropped
    memory_limit_bytes: int  # all memory of the server, if it has no limit of its own
    pids: int
    cpu_s: float  # since the start, of all processors together; so are those below
    received_bytes: int
    sent_bytes: int
    read_bytes: int
    written_bytes: int


@dataclass(frozen=True, slots=True)
class Network:
    """A bridge network of ours."""

    id: str
    name: str
    labels: Mapping[str, str]
    subnet: str | None


@dataclass(frozen=True, slots=True)
class Volume:
    """A named volume."""

    name: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Image:
    """An image on the engine. volumes: paths that its containers get volumes for; only
    find_image tells."""

    id: str
    tags: tuple[str, ...]
    labels: Mapping[str, str]
    volumes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What `docker info` says that we use, and what is free; None: nobody on its server tells."""

    version: str
    cpus: int
    memory_mib: int
    operating_system: str
    storage_driver: str
    root_dir: str
    memory_free_mib: int | None = None
    disk_free_mib: int | None = None


class Engine(Protocol):
    """A container engine."""

    async def ping(self) -> None:
        """Return when the engine answers. Raises Unavailable within 2 s."""
        ...

    async def info(self) -> EngineInfo:
        """Describe the engine. Answers or raises Unavailable within 2 s."""
        ...

    async def is_port_free(self, address: str, port: int) -> bool:
        """Return whether nobody holds a port of its server, as far as that is seen at once.

        True as well when it is another machine that the engine runs on.
        """
        ...

    async def find_containers(self, labels: Mapping[str, str]) -> Sequence[Container]:
        """List containers, stopped ones too, that carry all labels.

        An empty value matches any value of that label. oom_killed, restarts and started_at, which
        only an inspection tells, keep their defaults.
        """
        ...

    async def get_container(self, id_or_name: str) -> Container:
        """Inspect a container. Raises NotFound."""
        ...

    async def create_container(self, spec: ContainerSpec) -> str:
        """Create it and return its id.

        A container of that name with the same labels is taken as made before and its id
        returned; with other labels: Conflict. Raises ImageMissing, Invalid.
        """
        ...

    async def start_container(self, id_or_name: str) -> None:
        """Start it. Raises PortTaken, NetworkMissing, NotFound, Invalid (user, address).

        A command that the image lacks exits with 127: the init process is what was started.
        """
        ...

    async def stop_container(self, id_or_name: str, *, grace_s: int | None = None) -> None:
        """Stop it; kill it after the grace. Fine when it is stopped or gone.

        grace_s: None: what it was made with.
        """
        ...

    async def remove_container(self, id_or_name: str) -> None:
        """Kill and remove it with its anonymous volumes. Fine when it is gone."""
        ...

    async def container_log(self, id_or_name: str, *, tail: int = 20) -> list[str]:
        """Return the last lines of standard output and error, mixed as they came."""
        ...

    def follow_log(
        self, id_or_name: str, *, tail: int = 20
    ) -> AbstractAsyncContextManager[AsyncIterator[str]]:
        """Listen to the last lines and all that come, until it stops, or restarts by itself.

        Lines of more than 16 KiB come in parts. Raises NotFound and Unavailable at the start;
        Unavailable later, when the engine is gone: 20 s after it froze at the latest.
        """
        ...

    def watch(
        self, labels: Mapping[str, str]
    ) -> AbstractAsyncContextManager[AsyncIterator[EngineEvent]]:
        """Listen to what happens, from now on, to containers that carry all labels.

        Never ends by itself, and raises Unavailable as follow_log does. What happened while
        nobody listened is not told: listen, then look at everything, then wait for events.
        """
        ...

    async def container_usage(self, id_or_name: str) -> Usage | None:
        """Measure a container; None when it does not run. Raises NotFound.

        Asked again within a moment, it may tell the same.
        """
        ...

    async def put_archive(self, id_or_name: str, path: str, archive: bytes) -> None:
        """Unpack a tar archive into a directory of a container, running or not."""
        ...

    async def ensure_network(
        self, name: str, *, labels: Mapping[str, str], subnet: str | None
    ) -> str:
        """Have one bridge network of that name with these labels; return its id.

        Two callers at once leave one network (the oldest). Raises SubnetTaken.
        """
        ...

    async def find_networks(self, labels: Mapping[str, str]) -> Sequence[Network]:
        """List networks that carry all labels."""
        ...

    async def remove_network(self, id_or_name: str) -> bool:
        """Remove it. Fine when gone. Returns False while running containers use it."""
        ...

    async def find_volumes(self, labels: Mapping[str, str]) -> Sequence[Volume]:
        """List volumes that carry all labels."""
        ...

    async def ensure_volume(self, name: str, *, labels: Mapping[str, str]) -> None:
        """Have a volume of that name."""
        ...

    async def remove_volume(self, name: str) -> None:
        """Remove it. Fine when gone. Raises Conflict while a container uses it."""
        ...

    async def find_image(self, ref: str) -> Image | None:
        """Return the image or None."""
        ...

    async def list_images(self, labels: Mapping[str, str]) -> Sequence[Image]:
        """List images that carry all labels."""
        ...

    async def ask_registry(self, ref: str, *, timeout_s: float) -> None:
        """Return when the registry of an image has it, or does not say so in time.

        Raises ImageMissing (the registry has none), Unavailable (no registry answers).
        """
        ...

    async def pull_image(self, ref: str, *, say: Say, connect_timeout_s: float = 5) -> None:
        """Pull it from its registry.

        Raises ImageMissing (the registry has none), Unavailable (no registry answered within
        connect_timeout_s, or the pull stalled).
        """
        ...

    async def import_image(
        self,
        ref: str,
        rootfs: AsyncIterator[bytes],
        *,
        changes: Sequence[str] = (),
    ) -> None:
        """Make an image of a tar stream; changes: Dockerfile lines such as `CMD ["bash"]`."""
        ...

    async def build_image(
        self,
        ref: str,
        context: bytes,
        *,
        labels: Mapping[str, str],
        args: Mapping[str, str],
        say: Say,
    ) -> None:
        """Build a tar of a Dockerfile and its files. Raises Invalid with the last lines."""
        ...

    async def remove_image(self, ref: str) -> None:
        """Remove it. Fine when gone. Raises Conflict while a container uses it."""
        ...

    async def close(self) -> None:
        """Let go of connections; who still listens must have left."""
        ...
