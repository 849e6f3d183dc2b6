"""What a Docker Engine answers about its containers, and what we make of it. Pure."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal, cast

import msgspec

from moorage.engines.docker_answers import Answer, Labels
from moorage.engines.port import (
    Container,
    ContainerStatus,
    EngineEvent,
    EventAction,
    Health,
    Usage,
)

# What the engine mixes with the labels of a container in the attributes of an event.
NO_LABELS = {"name", "image", "exitCode", "execDuration", "signal"}


class ListedPort(Answer):
    """A port of a container, and where it is published, if it is."""

    public_port: int = 0


class ListedContainer(Answer):
    """An item of GET /containers/json."""

    id: str
    names: list[str]  # none of one that is dead
    image: str
    state: ContainerStatus
    status: str
    labels: Labels = None
    ports: list[ListedPort] | None = None

    def container(self) -> Container:
        """Return it in our words."""
        return Container(
            id=self.id,
            name=self.names[0].removeprefix("/") if self.names else self.id,
            image=self.image,
            labels=self.labels or {},
            status=self.state,
            health=_health(self.status),
            exit_code=_exit_code(self.status),
            ports=tuple({one.public_port for one in self.ports or ()} - {0}),
            is_fresh=self.state == "running" and _is_fresh(self.status),
        )


class Checked(Answer):
    """What the engine's own check found."""

    status: Health | Literal[""]


class State(Answer):
    """How a container is."""

    status: ContainerStatus
    exit_code: int
    oom_killed: bool = msgspec.field(name="OOMKilled")
    started_at: datetime
    health: Checked | None = None


class Config(Answer):
    """The part of a container that its image shares."""

    image: str
    labels: Labels = None


class InspectedContainer(Answer):
    """GET /containers/{}/json."""

    id: str
    name: str
    restart_count: int
    state: State
    config: Config

    def container(self) -> Container:
        """Return it in our words."""
        state = self.state
        has_run = state.started_at.year > 1  # year 1 is the engine's word for never
        has_exited = has_run and state.status in {"exited", "dead", "restarting"}
        return Container(
            id=self.id,
            name=self.name.removeprefix("/"),
            image=self.config.image,
            labels=self.config.labels or {},
            status=state.status,
            health=(state.health.status or "none") if state.health else "none",
            exit_code=state.exit_code if has_exited else None,
            oom_killed=state.oom_killed,
            restarts=self.restart_count,
            started_at=state.started_at if has_run else None,
        )


class Actor(Answer):
    """What an event is about."""

    id: str = msgspec.field(name="ID")
    attributes: dict[str, str]


class Event(msgspec.Struct, rename={"action": "Action", "actor": "Actor", "time_ns": "timeNano"}):
    """A line of GET /events about a container."""

    action: str
    actor: Actor
    time_ns: int

    def event(self) -> EngineEvent:
        """Return it in our words; we ask for no other actions than those that we know."""
        attributes = self.actor.attributes
        return EngineEvent(
            action=cast(EventAction, self.action.partition(":")[0]),
            id=self.actor.id,
            name=attributes["name"],
            labels={key: attributes[key] for key in attributes.keys() - NO_LABELS},
            at=datetime.fromtimestamp(self.time_ns / 1_000_000_000, UTC),
        )


class CpuUsage(msgspec.Struct):
    """Of all processors together."""

    total_usage: int  # ns


class CpuStats(msgspec.Struct):
    """Time on processors."""

    cpu_usage: CpuUsage


class MemoryDetail(msgspec.Struct, frozen=True):
    """The part of memory.stat that we use: cgroups 2, then cgroups 1."""

    inactive_file: int = 0
    total_inactive_file: int = 0


class MemoryStats(msgspec.Struct):
    """Memory."""

    usage: int = 0
    limit: int = 0
    stats: MemoryDetail = MemoryDetail()


class PidsStats(msgspec.Struct):
    """Processes and threads."""

    current: int = 0


class Interface(msgspec.Struct):
    """What went through a network interface."""

    rx_bytes: int
    tx_bytes: int


class BlockCount(msgspec.Struct):
    """What one device did of one kind."""

    op: str
    value: int


class BlockStats(msgspec.Struct):
    """What went to devices and came from them."""

    io_service_bytes_recursive: list[BlockCount] | None = None


class Stats(msgspec.Struct):
    """GET /containers/{}/stats."""

    read: datetime
    cpu_stats: CpuStats
    memory_stats: MemoryStats
    pids_stats: PidsStats
    blkio_stats: BlockStats
    networks: dict[str, Interface] = {}

    def usage(self) -> Usage | None:
        """Return it in our words."""
        if self.read.year == 1:  # the engine's word for never: it does not run
            return None
        memory = self.memory_stats
        # As the docker command counts: without files that were read once and can be dropped
        # (calculateMemUsageUnixNoCache in cli/command/container/stats_helpers.go).
        droppable = memory.stats.total_inactive_file or memory.stats.inactive_file
        blocks = self.blkio_stats.io_service_bytes_recursive or []
        return Usage(
            at=self.read,
            memory_bytes=max(0, memory.usage - droppable),
            memory_limit_bytes=memory.limit,
            cpu_s=self.cpu_stats.cpu_usage.total_usage / 1_000_000_000,
            pids=self.pids_stats.current,
            received_bytes=sum(one.rx_bytes for one in self.networks.values()),
            sent_bytes=sum(one.tx_bytes for one in self.networks.values()),
            read_bytes=_sum(blocks, "read"),
            written_bytes=_sum(blocks, "write"),
        )


def _health(status: str) -> Health:
    # "Up 2 hours (healthy)", "Up 2 seconds (health: starting)": moby, container/state.go, String.
    match = re.search(r"\((?:health: )?(starting|healthy|unhealthy)\)$", status)
    return cast(Health, match[1]) if match else "none"


def _is_fresh(status: str) -> bool:
    # "Up Less than a second", "Up 59 seconds", "Up About a minute": docker/go-units, duration.go.
    return re.match(r"Up (Less than a second|\d+ seconds?)\b", status) is not None


def _exit_code(status: str) -> int | None:
    # "Exited (137) 3 minutes ago", "Restarting (1) 5 seconds ago"
    match = re.match(r"(?:Exited|Restarting) \((-?\d+)\)", status)
    return int(match[1]) if match else None


def _sum(blocks: Iterable[BlockCount], kind: str) -> int:
    return sum(one.value for one in blocks if one.op.lower() == kind)  # cgroups 1 says "Read"
