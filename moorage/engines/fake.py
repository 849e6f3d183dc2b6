"""A container engine in memory: the same contract, no waiting; for demonstrations and tests."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from moorage.engines.fake_state import FakeContainer, Program, carries
from moorage.engines.fake_stores import FakeStores
from moorage.engines.port import (
    Container,
    ContainerSpec,
    EngineInfo,
    ImageMissing,
    NetworkMissing,
    PortTaken,
    PublishedPort,
    Volume,
)
from moorage.kit.errors import Conflict, Unavailable

__all__ = ["FakeEngine", "Program"]

KILLED = 137  # 128 + SIGKILL, as a shell tells it
ANY_ADDRESS = {"0.0.0.0", "::", ""}  # noqa: S104 (compared with, not bound)


class FakeEngine(FakeStores):
    """An engine that only remembers. A container has every directory it is asked for."""

    def kill(self, name: str, *, exit_code: int = KILLED, oom: bool = False) -> None:
        """Let a container exit by itself, not to be restarted."""
        container = self._container(name)
        container.seen = replace(
            container.seen, status="exited", health="none", exit_code=exit_code, oom_killed=oom
        )

    async def ping(self) -> None:
        """Return when the engine answers."""
        self._enter("ping")

    async def info(self) -> EngineInfo:
        """Describe the engine."""
        self._enter("info")
        return EngineInfo(
            version="fake",
            cpus=4,
            memory_mib=16_384,
            operating_system="none",
            storage_driver="memory",
            root_dir="/var/lib/docker",
        )

    async def find_containers(self, labels: Mapping[str, str]) -> Sequence[Container]:
        """List containers, stopped ones too, that carry all labels."""
        self._enter("find_containers")
        return [
            Container(
                id=container.seen.id,
                name=container.seen.name,
                image=container.seen.image,
                labels=container.seen.labels,
                status=container.seen.status,
            )
            for container in self.containers.values()
            if carries(container.seen.labels, labels)
        ]

    async def get_container(self, id_or_name: str) -> Container:
        """Inspect a container."""
        self._enter("get_container")
        return self._container(id_or_name).seen

    async def create_container(self, spec: ContainerSpec) -> str:
        """Create it and return its id."""
        self._enter("create_container")
        image = self.images.get(spec.image)
        if image is None:
            raise ImageMissing(f"There is no image {spec.image} on this server.")
        if known := self.containers.get(spec.name):
            if spec.labels.items() <= known.seen.labels.items():
                return known.seen.id
            raise Conflict(f"There is a container {spec.name} on this server that is not ours.")
        for mount in spec.mounts:
            self.volumes.setdefault(mount.volume, Volume(mount.volume, dict(mount.labels)))
        labels = {**image.labels, **spec.labels}
        seen = Container(
            id=self._new_id(), name=spec.name, image=spec.image, labels=labels, status="created"
        )
        self.containers[spec.name] = FakeContainer(spec, seen)
        return seen.id

    async def start_container(self, id_or_name: str) -> None:
        """Start it."""
        self._enter("start_container")
        container = self._container(id_or_name)
        spec = container.spec
        if container.seen.status == "running":
            return
        if spec.network and all(net.name != spec.network for net in self.networks.values()):
            raise NetworkMissing(f"There is no network {spec.network} on this server.")
        for port in spec.ports:
            if self._is_taken(port):
                raise PortTaken(f"Port {port.port} is taken on this server.")
        program = self.programs.get((*(spec.entrypoint or ()), *spec.command), Program())
        container.output += program.output
        container.seen = replace(
            container.seen,
            status="running",
            health="healthy" if spec.health else "none",
            exit_code=None,
            oom_killed=False,
            started_at=datetime.now(UTC),
        )
        if program.exit_code is not None:
            container.seen = replace(
                container.seen,
                status="restarting" if spec.restart else "exited",
                health="none",
                exit_code=program.exit_code,
            )

    async def stop_container(self, id_or_name: str, *, grace_s: int = 10) -> None:
        """Stop it."""
        self._enter("stop_container")
        container = self._find(id_or_name)
        if container and container.seen.status in {"running", "restarting"}:
            container.seen = replace(container.seen, status="exited", health="none", exit_code=0)

    async def remove_container(self, id_or_name: str) -> None:
        """Kill and remove it."""
        self._enter("remove_container")
        if container := self._find(id_or_name):
            del self.containers[container.seen.name]

    async def wait_container(self, id_or_name: str, *, timeout_s: float) -> int:
        """Return its exit code; one that runs is never done."""
        self._enter("wait_container")
        seen = self._container(id_or_name).seen
        if seen.status == "running":
            raise Unavailable(f"{id_or_name} was not done within {timeout_s:g} s.")
        return seen.exit_code or 0

    async def container_log(self, id_or_name: str, *, tail: int = 20) -> list[str]:
        """Return the last lines that its program wrote."""
        self._enter("container_log")
        output = self._container(id_or_name).output
        return output[max(0, len(output) - tail) :]

    async def put_archive(self, id_or_name: str, path: str, archive: bytes) -> None:
        """Keep the archive with the container."""
        self._enter("put_archive")
        self._container(id_or_name).archives.setdefault(path, []).append(archive)

    async def close(self) -> None:
        """Do nothing: there are no connections."""

    def _is_taken(self, wanted: PublishedPort) -> bool:
        published = (port for spec in self._running() for port in spec.ports)
        return wanted.port in self.taken_ports or any(
            port.port == wanted.port
            and (port.address == wanted.address or ANY_ADDRESS & {port.address, wanted.address})
            for port in published
        )
