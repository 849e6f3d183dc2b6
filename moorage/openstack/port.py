"""What we want of a cloud; an adapter speaks to it, or plays it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeVar

from moorage.kit.errors import Denied, Failed, Invalid, Unavailable
from moorage.kit.i18n import Text

Action = Literal["start", "stop", "reboot"]

LONGEST_PAGE = 1000  # what Nova and Glance give at once, unless configured otherwise

# Nova's own quotas, Neutron's and Cinder's; Keystone's limits; faults of servers in ERROR.
_NO_ROOM = re.compile(
    r"quota exceeded|exceeded for quota|over ?quota|is over (?:a )?limit"
    r"|Maximum number of \w+ exceeded|No valid host",
    re.IGNORECASE,
)

# Metadata of the servers that we make.
VM_KEY = "moorage_vm"
OWNER_KEY = "moorage_owner"


class UnknownMarker(Invalid):
    """There never was anything with the id after which a page is to begin."""


class Refused(Denied):
    """The cloud does not let us in, or not do this."""


class OverQuota(Invalid):
    """The cloud has no room for it; the message is its own."""


class Broken(Failed):
    """The cloud tried and could not; the message has its own reason."""


class Unreachable(Unavailable):
    """The cloud, or one of its services, does not answer."""


class TooSlow(Unavailable):
    """The cloud did not answer in time."""


@dataclass(frozen=True, slots=True)
class Image:
    """What a server boots from. size: in bytes; min_disk: in GB; min_ram: in MB."""

    id: str
    name: str
    status: str
    size: int | None
    min_disk: int
    min_ram: int
    created_at: str
    visibility: str | None = None
    disk_format: str | None = None


@dataclass(frozen=True, slots=True)
class Flavor:
    """A size of servers. ram: in MB; disk: in GB."""

    id: str
    name: str
    vcpus: int
    ram: int
    disk: int


@dataclass(frozen=True, slots=True)
class Network:
    """What a server is attached to. subnets: their ids."""

    id: str
    name: str
    status: str
    subnets: list[str]


@dataclass(frozen=True, slots=True)
class Server:
    """A server. task: what the cloud is doing with it; fault: why it is in ERROR.

    addresses: by network, as Nova has them: `[{"addr", "version", …}]`.
    image: `{"id"}`, None when it boots from a volume. flavor: `{"name", "vcpus", "ram", "disk"}`,
    and `"id"` where that is known.
    """

    id: str
    name: str
    status: str
    created: str
    addresses: Mapping[str, Any] = field(default_factory=dict)  # Any: JSON
    image: Mapping[str, str] | None = None
    flavor: Mapping[str, Any] = field(default_factory=dict)  # Any: text and numbers
    task: str | None = None
    fault: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def vm_id(self) -> str | None:
        """The VM it was made for."""
        return self.metadata.get(VM_KEY)

    @property
    def owner_id(self) -> str | None:
        """The user whom it belongs to; None: it was not made through us."""
        return self.metadata.get(OWNER_KEY)

    @property
    def is_placed(self) -> bool:
        """Whether the cloud has given it a host, and counts it against the quota.

        Until then Nova's check of the quota does not see it: nova/conductor/manager.py,
        `schedule_and_build_instances`.
        """
        return self.status != "BUILD" or self.task != "scheduling"


@dataclass(frozen=True, slots=True)
class ServerSpec:
    """A server to make; image, flavor and network by their ids."""

    name: str
    image: str
    flavor: str
    network: str
    metadata: Mapping[str, str]


Kind = TypeVar("Kind", Image, Flavor, Network, Server)


class Cloud(Protocol):
    """A project of a cloud.

    settles_s: how long a request that was cut off may still come into effect.
    All raise Refused, Unreachable and TooSlow.
    """

    settles_s: float

    async def check(self) -> None:
        """Raise Refused unless all is set that every call needs; nothing is called."""
        ...

    async def page(
        self, kind: type[Kind], *, limit: int = LONGEST_PAGE, marker: str | None = None
    ) -> list[Kind]:
        """Return at most so many, those after the one with the id `marker`.

        A server may have been deleted since. Raises UnknownMarker.
        """
        ...

    async def matching(self, kind: type[Kind], name_or_id: str) -> list[Kind]:
        """Return the one with that id, or else all with just that name."""
        ...

    async def get(self, server_id: str) -> Server:
        """Return a server. Raises NotFound, also when it was deleted."""
        ...

    async def create(self, spec: ServerSpec) -> str:
        """Ask for a server and return its id. Raises OverQuota, Invalid."""
        ...

    async def delete(self, server_id: str) -> None:
        """Ask for a server's removal. Raises NotFound."""
        ...

    async def act(self, server_id: str, action: Action) -> None:
        """Ask for it to be started, stopped, rebooted. Raises NotFound, Conflict."""
        ...

    async def limits(self) -> Mapping[str, int]:
        """Return the absolute limits of the project, and what is used, in Nova's words."""
        ...

    async def close(self) -> None:
        """Let go of the connection."""
        ...


async def all_servers(cloud: Cloud, *, after: str | None = None) -> list[Server]:
    """Return every server of the project, from as many pages as it takes.

    after: the id of one; only those that follow it. Raises UnknownMarker.
    """
    found: list[Server] = []
    while True:
        some = await cloud.page(Server, marker=found[-1].id if found else after)
        found += some
        if len(some) < LONGEST_PAGE:
            return found


def is_no_room(reason: str) -> bool:
    """Whether a cloud says that it has no room, however it puts it."""
    return _NO_ROOM.search(reason) is not None


def too_slow(detail: str) -> TooSlow:
    """Return what to tell when a cloud took too long."""
    return TooSlow(Text("The cloud did not answer in time; try again later."), detail=detail)


def misconfigured(reason: str, detail: str | None = None) -> Refused:
    """Return what to tell when there is something wrong with how a cloud is to be reached."""
    sentence = Text("The cloud cannot be used as it is configured: {reason}", reason=reason)
    return Refused(sentence, detail=detail)


def unknown_marker(marker: str) -> UnknownMarker:
    """Return what to say when there is nothing with the id after which a page begins."""
    reason = Text("is the id of nothing here; send the last one of the page before")
    sentence = Text("The marker {marker!r:.80} {reason}.", marker=marker, reason=reason)
    return UnknownMarker(sentence, fields={"marker": reason})
