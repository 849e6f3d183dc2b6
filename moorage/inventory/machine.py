"""A machine as everybody is told of it, and the port to where machines are known. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from operator import attrgetter
from typing import Annotated, Any, Literal, Protocol

import msgspec

Status = Literal["running", "stopped", "unknown"]
SourceName = Literal["files", "servers", "openstack"]

NOBODY = ""  # an owner who sees it: administrators do

FIRST_GIVEN_ID = 1_000_000_000  # of those that we hand out; files have the ids below

_encode = msgspec.json.Encoder().encode


Word = Annotated[str, msgspec.Meta(max_length=255)]
Bytes = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Gpu(msgspec.Struct, frozen=True):
    """A GPU. utilisation: 0 to 1; None where it does not say."""

    model: Word
    memory: Bytes | None = None
    used: Bytes | None = None
    utilisation: Share | None = None


class Machine(msgspec.Struct, frozen=True, dict=True):  # a tenth of what a dataclass costs
    """A machine. mem, maxdisk, mem_used, disk_used: bytes; cpu: 0 to 1; uptime: seconds.

    gpu: the model. problem: why something is not known. is_measured: whether these are live facts
    of our own. owner_id: who alone sees it until it is assigned; None: everybody. other: whatever
    else its source tells.
    """

    id: int
    name: str
    source: SourceName
    status: Status = "unknown"
    cpus: int = 0
    mem: int = 0
    gpu: str = ""
    ip: str = ""
    maxdisk: int = 0
    uptime: int | None = None
    cpu: float | None = None
    mem_used: int | None = None
    disk_used: int | None = None
    gpus: Sequence[Gpu] = ()
    labels: Mapping[str, str] = {}
    seen_at: datetime | None = None
    problem: str | None = None
    is_measured: bool = False
    owner_id: str | None = None
    other: Mapping[str, Any] = {}  # Any: JSON

    @cached_property
    def json(self) -> bytes:
        """The machine as `/api/info` shows it."""
        told = {
            "id": self.id,
            "cpus": self.cpus,
            "status": self.status,
            "mem": self.mem,
            "GPU": self.gpu,
            "ip": self.ip,
            "name": self.name,
            "maxdisk": self.maxdisk,
            "uptime": self.uptime,
            "cpu": self.cpu,
            "mem_used": self.mem_used,
            "disk_used": self.disk_used,
            "gpus": self.gpus,
            "source": self.source,
            "labels": self.labels,
            "seen_at": self.seen_at,
            "problem": self.problem,
            **self.other,
        }
        return _encode(told)


OURS = frozenset(msgspec.json.decode(Machine(0, "", "files").json))  # no source says these itself


class Source(Protocol):
    """Where machines are known.

    fresh_s: how long what it told holds; within_s: how long somebody who asks waits for more.
    """

    name: SourceName
    fresh_s: float
    within_s: float

    async def look(self) -> Sequence[Machine]:
        """Return its machines. Raises MoorageError."""

    def has_changed(self) -> bool:
        """Whether what it told does not hold any more; asked all the time, so it never waits."""
        return False


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which machines; None: any. gpu: a part of the model. label: a name, or name=value."""

    status: Status | None = None
    gpu: str | None = None
    source: SourceName | None = None
    label: str | None = None

    def among(self, machines: Iterable[Machine]) -> list[Machine]:
        """Return those that are wanted."""
        if self == Wanted():
            return [*machines]
        return [one for one in machines if self._has(one)]

    def _has(self, machine: Machine) -> bool:
        name, pairs, value = (self.label or "").partition("=")
        has_label = name in machine.labels and (not pairs or machine.labels[name] == value)
        return (
            self.status in (None, machine.status)
            and self.source in (None, machine.source)
            and (self.gpu or "").casefold() in machine.gpu.casefold()
            and (self.label is None or has_label)
        )


def json_list(machines: Iterable[Machine]) -> bytes:
    """Return what `/api/info` answers."""
    return b'{"data":[%b]}' % b",".join([one.json for one in machines])


def without(machines: Sequence[Machine], hidden: Collection[int]) -> Sequence[Machine]:
    """Return all but the hidden ones, by id."""
    return [one for one in machines if one.id not in hidden] if hidden else machines


def merged(named: Sequence[Machine], others: Iterable[Machine]) -> list[Machine]:
    """Return all machines by id; what we measure takes the name of its address (decision 14)."""
    found = [*named]
    places = {one.ip: place for place, one in reversed([*enumerate(named)]) if one.ip}
    for one in others:
        place = places.pop(one.ip, None) if one.is_measured else None
        if place is None:
            found.append(one)
        else:
            found[place] = _with_facts(found[place], one)
    return sorted(found, key=attrgetter("id"))


def _with_facts(machine: Machine, facts: Machine) -> Machine:
    return msgspec.structs.replace(
        facts,
        id=machine.id,
        name=machine.name,
        source=machine.source,
        labels=machine.labels,
        other=machine.other,
    )
