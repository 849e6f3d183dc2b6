"""What is asked of a Docker Engine."""

import json

import pytest

from moorage.engines.docker_body import (
    container_body,
    label_filter,
    network_body,
    quoted,
    split_ref,
)
from moorage.engines.port import ContainerSpec, HealthCheck, PublishedPort, VolumeMount

SPEC = ContainerSpec(
    name="cache",
    image="redis:8",
    labels={"moorage.instance": "7"},
    network="anna",
    aliases=("db",),
    command=("redis-server",),
    environment={"TZ": "UTC"},
    mounts=(VolumeMount("cache-data", "/data", labels={"moorage.instance": "7"}),),
    ports=(PublishedPort("127.0.0.1", 52_281, 6379), PublishedPort("::1", 52_281, 6379)),
    user="999:999",
    memory_mib=256,
    cpus=0.5,
    pids=200,
    stop_signal="SIGINT",
    stop_grace_s=30,
    health=HealthCheck(("CMD", "true"), interval_s=0.5, timeout_s=2, start_period_s=0, retries=3),
)


def test_a_container_is_asked_for_with_all_that_its_spec_says() -> None:
    body = container_body(SPEC, init=True)

    assert body == {
        "Image": "redis:8",
        "Labels": {"moorage.instance": "7"},
        "Env": ["TZ=UTC"],
        "Entrypoint": None,
        "Cmd": ["redis-server"],
        "User": "999:999",
        "ExposedPorts": {"6379/tcp": {}},
        "StopSignal": "SIGINT",
        "StopTimeout": 30,
        "Healthcheck": {
            "Test": ["CMD", "true"],
            "Interval": 500_000_000,
            "Timeout": 2_000_000_000,
            "StartPeriod": 0,
            "Retries": 3,
        },
        "NetworkingConfig": {"EndpointsConfig": {"anna": {"Aliases": ["db"]}}},
        "HostConfig": {
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges"],
            "Init": True,
            "RestartPolicy": {"Name": "unless-stopped"},
            "LogConfig": {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "3"}},
            "Mounts": [
                {
                    "Type": "volume",
                    "Source": "cache-data",
                    "Target": "/data",
                    "VolumeOptions": {"Labels": {"moorage.instance": "7"}},
                }
            ],
            "PortBindings": {
                "6379/tcp": [
                    {"HostIp": "127.0.0.1", "HostPort": "52281"},
                    {"HostIp": "::1", "HostPort": "52281"},
                ]
            },
            "NetworkMode": "anna",
            "Memory": 256 * 1024 * 1024,
            "MemorySwap": 256 * 1024 * 1024,
            "NanoCpus": 500_000_000,
            "PidsLimit": 200,
        },
    }


def test_what_a_spec_leaves_open_is_left_to_the_image_and_the_engine() -> None:
    body = container_body(ContainerSpec(name="one", image="redis:8", labels={}), init=False)

    host_config = body["HostConfig"]
    assert isinstance(host_config, dict)
    assert not {"Memory", "NanoCpus", "PidsLimit", "NetworkMode"} & host_config.keys()
    assert not {"Healthcheck", "StopSignal", "NetworkingConfig"} & body.keys()
    assert body["Cmd"] is None


def test_a_network_without_a_subnet_takes_one_of_the_engine() -> None:
    assert "IPAM" not in network_body("anna", {}, None)
    assert network_body("anna", {}, "10.1.2.0/28")["IPAM"] == {
        "Config": [{"Subnet": "10.1.2.0/28"}]
    }


def test_a_label_without_a_value_matches_any_value() -> None:
    query = label_filter({"moorage.kind": "redis", "moorage.owner": ""}, name=["anna"])

    assert json.loads(query["filters"]) == {
        "label": ["moorage.kind=redis", "moorage.owner"],
        "name": ["anna"],
    }


@pytest.mark.parametrize(
    ("ref", "repository", "tag"),
    [
        ("redis", "redis", "latest"),
        ("redis:8.0", "redis", "8.0"),
        ("registry.example:5000/redis", "registry.example:5000/redis", "latest"),
        ("registry.example:5000/redis:8", "registry.example:5000/redis", "8"),
        ("redis@sha256:0f3c", "redis", "sha256:0f3c"),
    ],
)
def test_a_reference_is_a_repository_and_a_tag(ref: str, repository: str, tag: str) -> None:
    assert split_ref(ref) == (repository, tag)


def test_a_name_cannot_leave_its_place_in_a_path() -> None:
    assert quoted("../../info?x") == "..%2F..%2Finfo%3Fx"
