"""What a container may do, who reaches it, and what others on the server see of it."""

import socket
from collections.abc import Iterator

import pytest

from moorage.catalog import service as catalog

from .clients import log_in
from .conftest import NewService
from .service import Client, Json, Service
from .until import until

pytestmark = pytest.mark.engine

OWN_ADDRESS = "127.0.0.2"
REFUSED_WITHIN_S = 5


@pytest.fixture(scope="module")
def customer(service: Service) -> Client:
    """Whoever ordered what these tests only read."""
    return service.user()


@pytest.fixture(scope="module", params=[one.name for one in catalog.load().list("database")])
def made(request: pytest.FixtureRequest, customer: Client) -> Iterator[Json]:
    """One of each."""
    made = customer.order(request.param, memory_mib=600, cpus=0.5)
    yield made
    customer.remove(made["id"])


def test_memory_processors_and_processes_are_limited(service: Service, made: Json) -> None:
    host = service.engine.inspect(made["container_id"])["HostConfig"]

    assert host["Memory"] == host["MemorySwap"] == 600 << 20
    assert host["NanoCpus"] == 500_000_000
    assert 0 < host["PidsLimit"] < 10_000


def test_a_container_has_no_rights_and_can_gain_none(service: Service, made: Json) -> None:
    seen = service.engine.inspect(made["container_id"])
    host = seen["HostConfig"]

    assert seen["Config"]["User"] == "999:999"
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert host["Privileged"] is False
    assert [mount["Type"] for mount in seen["Mounts"]] == ["volume"]


def test_the_engine_restarts_a_container_and_looks_after_it(service: Service, made: Json) -> None:
    seen = service.engine.inspect(made["container_id"])

    assert seen["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped"
    assert seen["Config"]["Healthcheck"]["Test"][0] in {"CMD", "CMD-SHELL"}


def test_the_health_check_passes(service: Service, made: Json) -> None:
    seen = service.engine.inspect(made["container_id"])

    code = service.engine.run(made["container_id"], *seen["Config"]["Healthcheck"]["Test"][1:])

    assert code == 0


def test_everything_of_ours_carries_our_labels(service: Service, made: Json) -> None:
    [(installation, instance)] = service.rows(
        f"SELECT installation.id, instances.id FROM installation, instances "
        f"WHERE number = {made['id']}"
    )
    seen = service.engine.inspect(made["container_id"])
    [mount] = seen["Mounts"]
    [volume] = [found for found in service.engine.volumes() if found["Name"] == mount["Name"]]

    for labels in (seen["Config"]["Labels"], volume["Labels"]):
        assert labels["moorage.deployment"] == installation
        assert labels["moorage.instance"] == instance
        assert labels["moorage.blueprint"] == made["resource"]


def test_only_the_publish_address_is_bound(service: Service, made: Json) -> None:
    port = made["config"]["port"]
    bindings = service.engine.inspect(made["container_id"])["HostConfig"]["PortBindings"]

    assert bindings == {
        f"{made['config']['config']['inside_port']}/tcp": [
            {"HostIp": "127.0.0.1", "HostPort": str(port)}
        ]
    }
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((OWN_ADDRESS, port), timeout=REFUSED_WITHIN_S)


def test_a_generated_password_is_seen_by_nobody_else(service: Service, made: Json) -> None:
    password = made["url"].partition("@")[0].rpartition(":")[2]
    seen = service.engine.inspect(made["container_id"])
    arguments = [seen["Path"], *seen["Args"], *(seen["Config"]["Cmd"] or [])]

    assert len(password) >= 22
    for text in (*arguments, *seen["Config"]["Labels"].values()):
        assert password not in text
    assert password not in "".join(service.engine.top(made["container_id"]))
    assert password not in service.said
    assert password.encode() not in (service.data_dir / "moorage.db").read_bytes()


def test_another_publish_address_is_told_and_bound(new_service: NewService) -> None:
    service = new_service(PUBLISH_ADDRESS=OWN_ADDRESS)
    owner = service.user()

    made = owner.order("redis")

    assert made["config"]["addr"] == OWN_ADDRESS
    log_in(made["url"])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", made["config"]["port"]), timeout=REFUSED_WITHIN_S)
    owner.remove(made["id"])


def test_owners_have_networks_of_their_own(service: Service, owner: Client) -> None:
    stranger = service.user()
    mine, also_mine, theirs = owner.order("redis"), owner.order("redis"), stranger.order("redis")

    my_network, my_address = network_of(service, mine)
    their_network, their_address = network_of(service, theirs)

    assert network_of(service, also_mine)[0] == my_network != their_network
    assert is_reachable(service, also_mine, my_address)
    assert is_reachable(service, also_mine, mine["name"])
    # Not at once: whenever any network is made, as other tests do, the engine takes its rule of
    # isolation out and puts it back (20.10; iptables -D and -I of DOCKER-ISOLATION-STAGE-1).
    until(lambda: not is_reachable(service, also_mine, their_address), within_s=60)
    stranger.remove(theirs["id"])


def network_of(service: Service, made: Json) -> tuple[str, str]:
    """Return the name of a container's one network, and its address there."""
    seen = service.engine.inspect(made["container_id"])
    [(name, network)] = seen["NetworkSettings"]["Networks"].items()
    return name, network["IPAddress"]


def is_reachable(service: Service, made: Json, address: str) -> bool:
    """Tell whether a container's own client reaches a Redis at an address."""
    ping = ("timeout", "3", "redis-cli", "-h", address, "ping")
    return service.engine.run(made["container_id"], *ping) == 0
