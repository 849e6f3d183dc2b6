"""A Docker Engine, over its HTTP API: server facts and containers."""

import asyncio
import errno
from collections.abc import Mapping, Sequence
from contextlib import suppress

from moorage.engines import connectors, local
from moorage.engines.docker_answers import Created, Info
from moorage.engines.docker_body import container_body, label_filter, quoted
from moorage.engines.docker_container_answers import InspectedContainer, ListedContainer, Stats
from moorage.engines.docker_images import DockerImages
from moorage.engines.docker_networks import DockerNetworks
from moorage.engines.docker_streams import DockerStreams
from moorage.engines.http import SILENCE_S, Connector, EngineClient
from moorage.engines.polling import soon
from moorage.engines.port import Container, ContainerSpec, EngineInfo, Usage
from moorage.kit.errors import Conflict, NotFound

INFO_TIMEOUT_S = 2
SLOW_CALL_TIMEOUT_S = 120  # what touches disks and kernels, on a machine under load
LONGEST_GRACE_S = 600  # what nobody stops sooner is stuck
_MEASURED_EVERY_S = 1.1  # who asks again within a second has to wait until it is over
ADVICE = "Start it, or set MOORAGE_DOCKER_HOST."


class DockerEngine(DockerImages, DockerNetworks, DockerStreams):
    """The Docker Engine at `unix:///path` or `tcp://address:port`.

    With a connector, host is only a name for messages and may be any text.
    """

    def __init__(
        self,
        host: str,
        *,
        connector: Connector | None = None,
        advice: str = ADVICE,
        silence_s: float = SILENCE_S,
    ) -> None:
        base_url = "http://docker"
        self._is_here = connector is None and host.startswith("unix://")
        if connector is None:
            connector, base_url = connectors.connector(host)
        self._measured: dict[str, tuple[float, Usage | None]] = {}
        self._client = EngineClient(
            host, connector, advice=advice, base_url=base_url, silence_s=silence_s
        )

    async def ping(self) -> None:
        """Return when the engine answers."""
        await self._client.ping(timeout_s=INFO_TIMEOUT_S)

    async def info(self) -> EngineInfo:
        """Describe the engine."""
        answer = await self._client.ask(
            "GET", "/info", Info, versioned=False, timeout_s=INFO_TIMEOUT_S
        )
        info = answer.info()
        return await asyncio.to_thread(local.measured, info) if self._is_here else info

    async def is_port_free(self, address: str, port: int) -> bool:
        """Return whether nobody holds a port of its server, as far as that is seen at once."""
        await asyncio.sleep(0)  # whoever tries a whole range lets others go on
        return not self._is_here or local.bind_error(address, port) != errno.EADDRINUSE

    async def find_containers(self, labels: Mapping[str, str]) -> Sequence[Container]:
        """List containers, stopped ones too, that carry all labels."""
        query = {"all": "1", **label_filter(labels)}
        answer = await self._client.ask(
            "GET", "/containers/json", list[ListedContainer], query=query
        )
        return [item.container() for item in answer]

    async def get_container(self, id_or_name: str) -> Container:
        """Inspect a container."""
        answer = await self._client.ask("GET", _path(id_or_name, "json"), InspectedContainer)
        return answer.container()

    async def create_container(self, spec: ContainerSpec) -> str:
        """Create it and return its id."""
        version = await self._client.version()
        try:
            made = await self._client.ask(
                "POST",
                "/containers/create",
                Created,
                query={"name": spec.name},
                json=container_body(spec, init=version.has_init),
                timeout_s=SLOW_CALL_TIMEOUT_S,
            )
        except Conflict as taken:
            return await self._made_before(spec, taken)
        return made.id

    async def start_container(self, id_or_name: str) -> None:
        """Start it."""
        await self._client.send("POST", _path(id_or_name, "start"), timeout_s=SLOW_CALL_TIMEOUT_S)

    async def stop_container(self, id_or_name: str, *, grace_s: int | None = None) -> None:
        """Stop it; kill it after the grace."""
        try:
            await self._client.send(
                "POST",
                _path(id_or_name, "stop"),
                query={} if grace_s is None else {"t": str(grace_s)},
                timeout_s=(LONGEST_GRACE_S if grace_s is None else grace_s) + SLOW_CALL_TIMEOUT_S,
            )
        except NotFound:
            return

    async def remove_container(self, id_or_name: str) -> None:
        """Kill and remove it with its anonymous volumes."""
        try:
            await self._client.send(
                "DELETE",
                f"/containers/{quoted(id_or_name)}",
                query={"force": "1", "v": "1"},
                timeout_s=SLOW_CALL_TIMEOUT_S,
            )
        except NotFound:
            return
        except Conflict:  # somebody else is removing it: be back when it is gone
            with suppress(NotFound):
                await self._client.send(
                    "POST",
                    _path(id_or_name, "wait"),
                    query={"condition": "removed"},
                    timeout_s=SLOW_CALL_TIMEOUT_S,
                )

    async def container_usage(self, id_or_name: str) -> Usage | None:
        """Measure a container."""
        clock = asyncio.get_running_loop().time
        fresh_since = clock() - _MEASURED_EVERY_S
        self._measured = {
            name: found for name, found in self._measured.items() if found[0] > fresh_since
        }
        if id_or_name not in self._measured:
            # Engines before 20.10 do not know one-shot: they measure for a second or two.
            query = {"stream": "false", "one-shot": "true"}
            answer = await self._client.ask("GET", _path(id_or_name, "stats"), Stats, query=query)
            self._measured[id_or_name] = (clock(), answer.usage())
        return self._measured[id_or_name][1]

    async def put_archive(self, id_or_name: str, path: str, archive: bytes) -> None:
        """Unpack a tar archive into a directory of a container, running or not."""
        await self._client.send(
            "PUT",
            _path(id_or_name, "archive"),
            query={"path": path},
            archive=archive,
            timeout_s=SLOW_CALL_TIMEOUT_S,
        )

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.close()

    async def _made_before(self, spec: ContainerSpec, taken: Conflict) -> str:
        # A name is taken from the start of a create; the container is found at its end.
        known = await soon(lambda: self._find_container(spec.name))
        if known and spec.labels.items() <= known.labels.items():
            return known.id
        raise Conflict(
            f"There is a container {spec.name} on this server that is not ours: rename it.",
            detail=taken.message,
        ) from taken

    async def _find_container(self, name: str) -> Container | None:
        try:
            return await self.get_container(name)
        except NotFound:
            return None


def _path(id_or_name: str, call: str) -> str:
    return f"/containers/{quoted(id_or_name)}/{call}"
