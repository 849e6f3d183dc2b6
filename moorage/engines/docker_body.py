"""What we ask a Docker Engine for, as its API wants it. Pure."""

import json
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from moorage.engines.port import (
    MIB,
    ContainerSpec,
    HealthCheck,
    PublishedPort,
    VolumeMount,
)

LOGS = {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "3"}}

Json = dict[str, object]


def container_body(spec: ContainerSpec, *, init: bool) -> Json:
    """Return the body of a create call. init: whether the engine has an init program."""
    body: Json = {
        "Image": spec.image,
        "Labels": dict(spec.labels),
        "Env": [f"{name}={value}" for name, value in spec.environment.items()],
        "Entrypoint": list(spec.entrypoint) if spec.entrypoint else None,
        "Cmd": list(spec.command) or None,
        "User": spec.user or "",
        "ExposedPorts": {_inside(port): {} for port in spec.ports},
        "StopTimeout": spec.stop_grace_s,
        "HostConfig": _host_config(spec, init=init),
    }
    if spec.stop_signal:
        body["StopSignal"] = spec.stop_signal
    if spec.health:
        body["Healthcheck"] = _health(spec.health)
    if spec.network:
        endpoint = {"Aliases": list(spec.aliases)}
        body["NetworkingConfig"] = {"EndpointsConfig": {spec.network: endpoint}}
    return body


def network_body(name: str, labels: Mapping[str, str], subnet: str | None) -> Json:
    """Return the body of a network create call."""
    body: Json = {
        "Name": name,
        "Driver": "bridge",
        "CheckDuplicate": True,
        "Labels": dict(labels),
    }
    if subnet:
        body["IPAM"] = {"Config": [{"Subnet": subnet}]}
    return body


def label_filter(labels: Mapping[str, str], **others: list[str]) -> dict[str, str]:
    """Return the query for what carries all labels; an empty value matches any.

    others: what else is filtered by → the values, of which one must match.
    """
    wanted = dict(others)
    wanted["label"] = [f"{name}={value}" if value else name for name, value in labels.items()]
    return {"filters": json.dumps(wanted)}


def quoted(name: str) -> str:
    """Return a name or an image reference as one piece of a path."""
    return quote(name, safe="")


def split_ref(ref: str) -> tuple[str, str]:
    """Return the repository and the tag or digest of a reference; without one it is latest."""
    if "@" in ref:
        repository, _, digest = ref.partition("@")
        return repository, digest
    repository, colon, tag = ref.rpartition(":")
    if not colon or "/" in tag:  # the colon, if any, was that of a registry's port
        return ref, "latest"
    return repository, tag


def _host_config(spec: ContainerSpec, *, init: bool) -> Json:
    config: Json = {
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges"],
        "Init": init,
        "RestartPolicy": {"Name": "unless-stopped" if spec.restart else "no"},
        "LogConfig": LOGS,
        "Mounts": [_mount(mount) for mount in spec.mounts],
        "PortBindings": _bindings(spec.ports),
    }
    if spec.network:
        config["NetworkMode"] = spec.network
    if spec.memory_mib:  # with swap equal to memory the container gets no swap
        config["Memory"] = config["MemorySwap"] = spec.memory_mib * MIB
    if spec.cpus:
        config["NanoCpus"] = round(spec.cpus * 1_000_000_000)
    if spec.pids:
        config["PidsLimit"] = spec.pids
    return config


def _mount(mount: VolumeMount) -> Json:
    return {
        "Type": "volume",
        "Source": mount.volume,
        "Target": mount.target,
        "VolumeOptions": {"Labels": dict(mount.labels)},
    }


def _bindings(ports: Iterable[PublishedPort]) -> dict[str, list[dict[str, str]]]:
    bindings: dict[str, list[dict[str, str]]] = {}
    for port in ports:
        binding = {"HostIp": port.address, "HostPort": str(port.port)}
        bindings.setdefault(_inside(port), []).append(binding)
    return bindings


def _inside(port: PublishedPort) -> str:
    return f"{port.inside_port}/tcp"


def _health(health: HealthCheck) -> Json:
    return {
        "Test": list(health.test),
        "Interval": _nanoseconds(health.interval_s),
        "Timeout": _nanoseconds(health.timeout_s),
        "StartPeriod": _nanoseconds(health.start_period_s),
        "Retries": health.retries,
    }


def _nanoseconds(seconds: float) -> int:
    return round(seconds * 1_000_000_000)
