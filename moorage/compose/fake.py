"""Runs Compose files on the fake engine; they are parsed by the real tool."""

from collections.abc import Mapping
from typing import Any

from moorage.compose.port import Project, Runner
from moorage.compose.tool import ComposeTool
from moorage.engines.port import (
    ContainerSpec,
    Engine,
    HealthCheck,
    PublishedPort,
    Say,
    VolumeMount,
)
from moorage.kit.errors import Failed

Json = Mapping[str, Any]  # Any: JSON of the parser


class FakeRunner(ComposeTool, Runner):
    """What is run need not be there: the engine is a fake, or something in front of one."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine
        self._known: dict[object, dict[str, Any]] = {}  # Any: JSON

    async def config(self, project: Project) -> dict[str, Any]:  # Any: JSON
        """See the port; the same project is parsed once."""
        variables = frozenset(project.variables.items())
        asked = (project.folder, project.file, project.name, variables, project.override)
        if asked not in self._known:
            self._known[asked] = await super().config(project)
        return self._known[asked]

    async def up(self, project: Project, *, say: Say, timeout_s: float) -> None:
        """See the port."""
        model = await self.config(project)
        started: dict[str, str] = {}
        services: Json = model["services"]

        async def start(name: str) -> None:
            if name in started or services[name].get("profiles"):
                return
            for needed, how in (services[name].get("depends_on") or {}).items():
                await start(needed)
                if how["condition"] == "service_completed_successfully":
                    await self._check_completed(needed, started[needed])
            spec = _spec(model, name)
            await say(f"{spec.name} Creating")
            started[name] = await self._engine.create_container(spec)
            await say(f"{spec.name} Starting")
            await self._engine.start_container(started[name])

        for name in services:
            await start(name)

    async def _check_completed(self, service: str, container: str) -> None:
        if code := (await self._engine.get_container(container)).exit_code:
            why = f'service "{service}" didn\'t complete successfully: exit {code}'
            raise Failed(f"Docker Compose failed: {why}")


def _spec(model: Json, name: str) -> ContainerSpec:
    service: Json = model["services"][name]
    volumes: Json = model.get("volumes") or {}
    network = next(iter(service.get("networks") or ()), None)
    own = {"com.docker.compose.project": model["name"], "com.docker.compose.service": name}
    return ContainerSpec(
        name=service["container_name"],
        image=service["image"],
        labels={**(service.get("labels") or {}), **own},
        network=model["networks"][network]["name"] if network else None,
        entrypoint=tuple(service["entrypoint"]) if service.get("entrypoint") else None,
        command=tuple(service.get("command") or ()),
        environment={
            key: "" if value is None else value
            for key, value in (service.get("environment") or {}).items()
        },
        mounts=tuple(
            VolumeMount(
                volumes[mount["source"]]["name"],
                mount["target"],
                volumes[mount["source"]].get("labels") or {},
            )
            for mount in service.get("volumes") or ()
            if mount["type"] == "volume" and mount.get("source")
        ),
        ports=tuple(
            PublishedPort(port.get("host_ip", ""), int(port["published"]), port["target"])
            for port in service.get("ports") or ()
        ),
        user=service.get("user"),
        memory_mib=int(service.get("mem_limit") or 0) >> 20 or None,
        cpus=float(service.get("cpus") or 0) or None,
        pids=service.get("pids_limit"),
        health=HealthCheck((), 30, 5, 0, 3) if service.get("healthcheck") else None,
        restart=service.get("restart", "no") != "no",
    )
