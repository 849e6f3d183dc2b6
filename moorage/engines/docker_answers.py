"""What a Docker Engine answers, and what we make of it. Pure."""

from datetime import datetime

import msgspec

from moorage.engines.port import MIB, EngineInfo, Image, Network, Volume

Labels = dict[str, str] | None


class Answer(msgspec.Struct, rename="pascal"):
    """An object of the Engine API; fields that we do not name are skipped unread."""


class Failure(msgspec.Struct):
    """The body of a refusal."""

    message: str


class ErrorDetail(msgspec.Struct):
    """Why a stream ended; code: the exit code of a build step that failed."""

    message: str = ""
    code: int = 0


class Progress(msgspec.Struct, rename={"error_detail": "errorDetail"}):
    """A line of a pull, an import or a build."""

    stream: str = ""
    status: str = ""
    id: str = ""
    progress: str = ""
    error_detail: ErrorDetail | None = None


class Component(Answer):
    """A part of the engine."""

    name: str


class Version(Answer):
    """GET /version."""

    api_version: str
    components: list[Component] = []

    @property
    def api(self) -> tuple[int, int]:
        """The newest API version that the engine speaks."""
        major, minor = self.api_version.split(".")
        return int(major), int(minor)

    @property
    def has_init(self) -> bool:
        """Whether the engine found its init program: it lists it only then."""
        return any(component.name in {"docker-init", "tini"} for component in self.components)


class Info(Answer):
    """GET /info."""

    server_version: str
    n_cpu: int = msgspec.field(name="NCPU")
    mem_total: int
    operating_system: str
    driver: str
    docker_root_dir: str

    def info(self) -> EngineInfo:
        """Return it in our words."""
        return EngineInfo(
            version=self.server_version,
            cpus=self.n_cpu,
            memory_mib=self.mem_total // MIB,
            operating_system=self.operating_system,
            storage_driver=self.driver,
            root_dir=self.docker_root_dir,
        )


class Created(Answer):
    """What was made."""

    id: str


class Pool(Answer):
    """A range of addresses."""

    subnet: str = ""


class Ipam(Answer):
    """Where a network takes its addresses from."""

    config: list[Pool] | None = None


class ListedNetwork(Answer):
    """An item of GET /networks."""

    id: str
    name: str
    created: datetime
    ipam: Ipam = msgspec.field(name="IPAM")
    labels: Labels = None

    def network(self) -> Network:
        """Return it in our words."""
        subnets = [pool.subnet for pool in self.ipam.config or [] if pool.subnet]
        return Network(
            id=self.id,
            name=self.name,
            labels=self.labels or {},
            subnet=subnets[0] if subnets else None,
        )


class ListedVolume(Answer):
    """An item of GET /volumes."""

    name: str
    labels: Labels = None

    def volume(self) -> Volume:
        """Return it in our words."""
        return Volume(name=self.name, labels=self.labels or {})


class Volumes(Answer):
    """GET /volumes."""

    volumes: list[ListedVolume] | None = None


class ListedImage(Answer):
    """An item of GET /images/json."""

    id: str
    repo_tags: list[str] | None = None
    labels: Labels = None

    def image(self) -> Image:
        """Return it in our words."""
        return Image(id=self.id, tags=_tags(self.repo_tags), labels=self.labels or {})


class ImageConfig(Answer):
    """What an image gives its containers."""

    labels: Labels = None
    volumes: dict[str, object] | None = None


class InspectedImage(Answer):
    """GET /images/{}/json."""

    id: str
    repo_tags: list[str] | None = None
    config: ImageConfig | None = None

    def image(self) -> Image:
        """Return it in our words."""
        config = self.config or ImageConfig()
        return Image(
            id=self.id,
            tags=_tags(self.repo_tags),
            labels=config.labels or {},
            volumes=tuple(config.volumes or ()),
        )


def _tags(tags: list[str] | None) -> tuple[str, ...]:
    return tuple(tag for tag in tags or [] if tag != "<none>:<none>")
