"""What the fake engine tells as it happens, and what can befall its containers."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

from moorage.engines.fake_ears import END
from moorage.engines.fake_state import FakeContainer, FakeState, carries
from moorage.engines.port import EngineEvent, EventAction, Health
from moorage.kit.clock import now

KILLED = 137  # 128 + SIGKILL, as a shell tells it
ALIVE = {"running", "restarting"}


class FakeStreams(FakeState):
    """The calls of the fake whose answers may never end, and what makes it talk."""

    @asynccontextmanager
    async def watch(self, labels: Mapping[str, str]) -> AsyncIterator[AsyncIterator[EngineEvent]]:
        """Listen to what happens to containers that carry all labels."""
        self._enter("watch")
        async with self._watchers.listen(lambda one: carries(one.seen.labels, labels)) as events:
            yield events

    @asynccontextmanager
    async def follow_log(
        self, id_or_name: str, *, tail: int = 20
    ) -> AsyncIterator[AsyncIterator[str]]:
        """Listen to the last lines and all that come until it stops."""
        self._enter("follow_log")
        followed = self._container(id_or_name)
        first: list[str | None] = [*followed.last_lines(tail)]
        if followed.seen.status != "running":
            first.append(END)
        async with self._followers.listen(lambda one: one is followed, first) as lines:
            yield lines

    def kill(self, name: str, *, exit_code: int = KILLED, oom: bool = False) -> None:
        """Let a container exit by itself, not to be restarted."""
        self._exit(self._container(name), exit_code, oom=oom)

    def stop_by_hand(self, name: str) -> None:
        """Stop a container, as `docker stop` does."""
        self._stop(self._container(name))

    def remove_by_hand(self, name: str) -> None:
        """Remove a container, as `docker rm --force` does."""
        self._remove(self._container(name))

    def restart(self) -> None:
        """Restart the engine: who listens is cut off, and no container runs afterwards."""
        self.down = True
        for container in self.containers.values():
            self._stop(container)
        self.down = False

    def set_health(self, name: str, health: Health) -> None:
        """Let the check of a container find that."""
        container = self._container(name)
        container.seen = replace(container.seen, health=health)
        self._tell(container, "health_status")

    def write(self, name: str, *lines: str) -> None:
        """Let a container write lines to its log."""
        self._write(self._container(name), lines)

    def _stop(self, container: FakeContainer) -> None:
        if container.seen.status in ALIVE:
            self._exit(container, 0)
            self._tell(container, "stop")

    def _remove(self, container: FakeContainer) -> None:
        if container.seen.status in ALIVE:
            self._exit(container, KILLED)
        del self.containers[container.seen.name]
        self._tell(container, "destroy")

    def _exit(self, container: FakeContainer, exit_code: int, *, oom: bool = False) -> None:
        container.seen = replace(
            container.seen, status="exited", health="none", exit_code=exit_code, oom_killed=oom
        )
        if oom:
            self._tell(container, "oom")
        self._tell(container, "die")

    def _write(self, container: FakeContainer, lines: Iterable[str]) -> None:
        for line in lines:
            container.output.append(line)
            self._followers.tell(container, line)

    def _tell(self, container: FakeContainer, action: EventAction) -> None:
        seen = container.seen
        event = EngineEvent(action, seen.id, seen.name, seen.labels, now())
        self._watchers.tell(container, event)
        if action == "die":
            self._followers.tell(container, END)
