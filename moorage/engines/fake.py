"""A container engine in memory: the same contract, no waiting; for demonstrations and tests."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from moorage.engines.fake_state import MEMORY_MIB, FakeContainer, Program, carries
from moorage.engines.fake_stores import FakeStores
from moorage.engines.fake_streams import FakeStreams
from moorage.engines.port import (
    MIB,
    Container,
    ContainerSpec,
    EngineInfo,
    ImageMissing,
    NetworkMissing,
    PortTaken,
    PublishedPort,
    Usage,
    Volume,
)
from moorage.kit.clock import now
from moorage.kit.errors import Conflict

__all__ = ["FakeEngine", "Program"]

RESTARTS = 9  # as if it had ended, and been started again, for a while
ANY_ADDRESS = {"0.0.0.0", "::", ""}  # noqa: S104 (compared with, not bound)


class FakeEngine(FakeStores, FakeStreams):
    """An engine that only remembers. A container has every directory it is asked for."""

    async def ping(self) -> None:
        """Return when the engine answers."""
        self._enter("ping")

    async def info(self) -> EngineInfo:
        """Describe the engine."""
        self._enter("info")
        return EngineInfo(
            version=self.version,
            cpus=4,
            memory_mib=MEMORY_MIB,
            operating_system="none",
            storage_driver="memory",
            root_dir="/var/lib/docker",
            memory_free_mib=self.memory_free_mib,
            disk_free_mib=self.disk_free_mib,
        )

    async def is_port_free(self, address: str, port: int) -> bool:
        """Return whether nobody holds a port of its server."""
        self._enter("is_port_free")
        return not self.is_here or not self._is_taken(PublishedPort(address, port, inside_port=0))

    async def find_containers(self, labels: Mapping[str, str]) -> Sequence[Container]:
        """List containers, stopped ones too, that carry all labels."""
        self._enter("find_containers")
        return [
            replace(
                container.seen,
                oom_killed=False,
                restarts=0,
                started_at=None,
                ports=container.held_ports(),
                is_fresh=container.is_fresh(),
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
        container.seen = replace(
            container.seen, status="running", exit_code=None, oom_killed=False, started_at=now()
        )
        self._tell(container, "start")
        self._write(container, program.output)
        if program.exit_code is not None:
            self._exit(container, program.exit_code)
            if spec.restart:
                container.seen = replace(container.seen, status="restarting", restarts=RESTARTS)
        elif spec.health:
            self.set_health(spec.name, "healthy")

    async def stop_container(self, id_or_name: str, *, grace_s: int | None = None) -> None:
        """Stop it."""
        self._enter("stop_container")
        if container := self._find(id_or_name):
            self._stop(container)

    async def remove_container(self, id_or_name: str) -> None:
        """Kill and remove it."""
        self._enter("remove_container")
        if container := self._find(id_or_name):
            self._remove(container)

    async def container_log(self, id_or_name: str, *, tail: int = 20) -> list[str]:
        """Return the last lines that its program wrote."""
        self._enter("container_log")
        return self._container(id_or_name).last_lines(tail)

    async def container_usage(self, id_or_name: str) -> Usage | None:
        """Return some numbers, if it runs."""
        self._enter("container_usage")
        container = self._container(id_or_name)
        if container.seen.status != "running":
            return None
        return Usage(
            at=now(),
            memory_bytes=24 * MIB,
            memory_limit_bytes=(container.spec.memory_mib or MEMORY_MIB) * MIB,
            pids=3,
            cpu_s=1.5,
            received_bytes=2_000,
            sent_bytes=3_000,
            read_bytes=4_096,
            written_bytes=8_192,
        )

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
