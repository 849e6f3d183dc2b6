"""What the fake engine remembers, and how it is made to fail."""

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from moorage.engines.fake_ears import Ears
from moorage.engines.port import (
    Container,
    ContainerSpec,
    EngineEvent,
    Image,
    Network,
    Volume,
)
from moorage.kit.clock import now
from moorage.kit.errors import MoorageError, NotFound, Unavailable

MEMORY_MIB = 16_384  # of the server
DISK_MIB = 100_000


@dataclass(frozen=True, slots=True)
class Program:
    """What a command does in the fake. exit_code: None when it runs until it is stopped."""

    output: tuple[str, ...] = ()
    exit_code: int | None = None


@dataclass(slots=True)
class FakeContainer:
    """A container and what was asked for. archives: path → the tar files put there, in order."""

    spec: ContainerSpec
    seen: Container
    output: list[str] = field(default_factory=list)
    archives: dict[str, list[bytes]] = field(default_factory=dict)

    def held_ports(self) -> tuple[int, ...]:
        """Return the ports of its server that it holds."""
        return tuple(one.port for one in self.spec.ports if self.seen.status == "running")

    def is_fresh(self) -> bool:
        """Return whether it runs for less than a minute."""
        began = self.seen.started_at
        if began is None or self.seen.status != "running":
            return False
        return now() - began < timedelta(minutes=1)

    def last_lines(self, count: int) -> list[str]:
        """Return as many lines of its log."""
        return self.output[max(0, len(self.output) - count) :]


class FakeState:
    """Everything that is on the fake engine.

    registry: references that can be pulled. taken_ports: those that other programs have.
    is_here: whether those can be seen from here. programs: command → what it does; others run
    until stopped. version, memory_free_mib, disk_free_mib: what its server says.
    """

    def __init__(self, *, registry: Iterable[str] = (), taken_ports: Iterable[int] = ()) -> None:
        self.registry = set(registry)
        self.taken_ports = set(taken_ports)
        self.is_here = True
        self.version = "fake"
        self.memory_free_mib = MEMORY_MIB
        self.disk_free_mib = DISK_MIB
        self.programs: dict[tuple[str, ...], Program] = {}
        self.containers: dict[str, FakeContainer] = {}  # by name
        self.networks: dict[str, Network] = {}  # by id
        self.volumes: dict[str, Volume] = {}  # by name
        self.images: dict[str, Image] = {}  # by reference
        self._watchers = Ears[FakeContainer, EngineEvent]()
        self._followers = Ears[FakeContainer, str]()
        self._down = False
        self._failures: dict[str, list[MoorageError]] = {}
        self._numbers = itertools.count(1)

    @property
    def down(self) -> bool:
        """Whether nothing answers; who listens when it goes down is cut off."""
        return self._down

    @down.setter
    def down(self, down: bool) -> None:
        self._down = down
        if down:
            self._watchers.cut()
            self._followers.cut()

    def fail_next(self, method: str, error: MoorageError) -> None:
        """Let the next call of that method raise; several are raised one after the other."""
        self._failures.setdefault(method, []).append(error)

    def add_image(
        self, ref: str, labels: Mapping[str, str] | None = None, volumes: Iterable[str] = ()
    ) -> None:
        """Have an image, as if it had been built."""
        labels = dict(labels or {})
        self.images[ref] = Image(self._new_id(), (ref,), labels, tuple(volumes))

    def _enter(self, method: str) -> None:
        if self._down:
            raise Unavailable("The engine does not answer.")
        if failures := self._failures.get(method):
            raise failures.pop(0)

    def _find(self, id_or_name: str) -> FakeContainer | None:
        for container in self.containers.values():
            if id_or_name in {container.seen.id, container.seen.name}:
                return container
        return None

    def _container(self, id_or_name: str) -> FakeContainer:
        if container := self._find(id_or_name):
            return container
        raise NotFound(f"There is no container {id_or_name} on this server.")

    def _running(self) -> list[ContainerSpec]:
        return [one.spec for one in self.containers.values() if one.seen.status == "running"]

    def _new_id(self) -> str:
        return f"{next(self._numbers):064x}"


def carries(labels: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Return whether all wanted labels are there; an empty value matches any."""
    return all(key in labels and value in {"", labels[key]} for key, value in wanted.items())
