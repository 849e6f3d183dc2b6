"""Services that tests may use: one for all of a worker's tests, and new ones to break."""

import itertools
import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .door import Door
from .service import Client, Service, is_free

PORTS_EACH = 50
FIRST_PORT = 20000  # below those that the kernel hands out
APP_PORTS_EACH = 20
FIRST_APP_PORT = 12000

NewService = Callable[..., Service]


@pytest.fixture(scope="session")
def make_service(
    worker_id: str, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Service]:
    """Return what makes a service that gets in nobody's way: own ports, own subnets."""
    worker = int(re.sub(r"\D", "", worker_id) or 0) % 6
    numbers = itertools.count(secrets.randbelow(50))  # another run may be under way

    def make(**settings: str) -> Service:
        number = next(numbers)
        while not all(is_free(port) for port in ports_of(worker, number)):
            number = next(numbers)
        first, *_, last = ports_of(worker, number)
        data_dir = tmp_path_factory.mktemp(f"service{number}") / "data"
        data_dir.mkdir(mode=0o700)
        ours = {
            "DATABASE_PORTS": f"{first}-{last}",
            "APP_PORTS": app_ports_of(worker, number),
            "APP_PREFIX": f"test-{secrets.token_hex(3)}",
            "NETWORK_POOL": f"10.{210 + number % 40}.{worker * 16}.0/20",
        }
        return Service(data_dir, ours | settings)

    return make


def ports_of(worker: int, number: int) -> range:
    """Return the ports of a worker's service."""
    first = FIRST_PORT + worker * 2000 + number % 40 * PORTS_EACH
    return range(first, first + PORTS_EACH)


def app_ports_of(worker: int, number: int) -> str:
    """Return the ports for apps of a worker's service."""
    first = FIRST_APP_PORT + worker * 1000 + number % 40 * APP_PORTS_EACH
    return f"{first}-{first + APP_PORTS_EACH - 1}"


@pytest.fixture(scope="session")
def service(make_service: NewService) -> Iterator[Service]:
    """A running service that no test may break."""
    service = make_service()
    service.start()
    yield service
    service.close()


@pytest.fixture
def new_service(make_service: NewService) -> Iterator[NewService]:
    """Return what starts a service for this test alone, to be broken."""
    made: list[Service] = []

    def start(prepare: Callable[[Path], None] | None = None, **settings: str) -> Service:
        service = make_service(**settings)
        if prepare:
            prepare(service.data_dir)
        service.start()
        made.append(service)
        return service

    yield start
    for service in reversed(made):
        service.close()


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    """An open door to the engine."""
    door = Door(tmp_path / "engine.sock")
    door.open()
    yield door
    door.shut()


@pytest.fixture
def owner(service: Service) -> Iterator[Client]:
    """A new user of the service; what it still has in the end is removed."""
    owner = service.user()
    yield owner
    for resource in owner.list():
        owner.remove(resource["id"])
