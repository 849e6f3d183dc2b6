"""VMs through our door, against openstacksdk used directly in this process, on the same cloud."""

import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import openstack
from openstack.connection import Connection

from bench.report import Figure
from bench.service import Service, running

DEVCLOUD = Path(__file__).parents[1] / "scripts" / "devcloud"
LISTS = 30  # of each noun
VMS = 8
_LOOK_EVERY_S = 0.1  # as often as we look ourselves
_PEER = "openstacksdk"
_DOOR = "/api/v1"


def vms() -> list[Figure]:
    """Lists, and a VM from order to ACTIVE; ours and the peer's take turns."""
    with _project() as variables:
        settings = {f"MOORAGE_OPENSTACK_{name}": value for name, value in variables.items()}
        direct = openstack.connect(
            load_yaml_config=False,
            load_envvars=False,
            auth={name.lower(): value for name, value in variables.items()},
        )
        with running(None, **settings) as service:
            return [*_lists(service, direct), _orders(service, direct)]


def _lists(service: Service, direct: Connection) -> Iterator[Figure]:
    for noun, theirs in (
        ("image", lambda: list(direct.image.images())),
        ("flavor", lambda: list(direct.compute.flavors())),
        ("network", lambda: list(direct.network.networks())),
        ("server", lambda: list(direct.compute.servers())),
    ):

        def ours(path: str = f"{_DOOR}/{noun}") -> None:
            service.api.get(path).raise_for_status()

        pairs = [(_took(ours), _took(theirs)) for _ in range(LISTS + 1)][1:]  # one to warm up
        yield Figure(
            f"list of {noun}s",
            [pair[0] for pair in pairs],
            _PEER,
            [pair[1] for pair in pairs],
            limit=1.2,
        )


def _orders(service: Service, direct: Connection) -> Figure:
    pairs = [(_took(lambda: _order(service)), _took(lambda: _make(direct))) for _ in range(VMS)]
    for server in direct.compute.servers():
        direct.compute.delete_server(server)
    ours, theirs = ([pair[place] for pair in pairs] for place in (0, 1))
    return Figure("VM: order until it is ACTIVE", ours, _PEER, theirs, limit=1.05)


def _order(service: Service) -> None:
    order = {
        "name": "bench",
        "image_id": "cirros",
        "flavor_id": "m1.tiny",
        "network_id": "private",
    }
    answer = service.api.post(f"{_DOOR}/server/", json=order)
    assert answer.status_code == 201, answer.text


def _make(direct: Connection) -> None:
    server = direct.compute.create_server(
        name="bench",
        image_id=direct.image.find_image("cirros", ignore_missing=False).id,
        flavor_id=direct.compute.find_flavor("m1.tiny", ignore_missing=False).id,
        networks=[{"uuid": direct.network.find_network("private", ignore_missing=False).id}],
    )
    direct.compute.wait_for_server(server, interval=_LOOK_EVERY_S)


def _took(do: Callable[[], object]) -> float:
    started = time.perf_counter()
    do()
    return time.perf_counter() - started


@contextmanager
def _project() -> Iterator[dict[str, str]]:
    """Give the variables of a project of our own."""
    name = f"bench-{secrets.token_hex(4)}"
    _devcloud("start")
    told = _devcloud("project", name, str(2 * VMS))
    yield dict(line.split("=", 1) for line in told.splitlines())
    _devcloud("forget", name)


def _devcloud(*arguments: str) -> str:
    return subprocess.run(
        [sys.executable, DEVCLOUD, *arguments], check=True, stdout=subprocess.PIPE, text=True
    ).stdout
