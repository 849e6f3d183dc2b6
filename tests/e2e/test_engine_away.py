"""The engine goes away and comes back. The service says so, and leaves nothing behind."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .broken import gated_redis
from .clients import log_in
from .conftest import NewService
from .engine import DOCKER_HOST
from .service import Service
from .until import until

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not DOCKER_HOST.startswith("unix://"), reason="needs the engine's socket"),
]

SAID_WITHIN_S = 15.0
LISTED_WITHIN_S = 5.0
CLEAN_WITHIN_S = 60


class Door:
    """A way to the engine that can be shut, or blocked without a word."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._process: subprocess.Popen[bytes] | None = None
        self.host = f"unix://{socket}"

    def open(self) -> None:
        """Let everything through."""
        engine = DOCKER_HOST.removeprefix("unix://")
        argv = [sys.executable, "-m", "tests.e2e.proxy", str(self._socket), engine]
        self._socket.unlink(missing_ok=True)
        self._process = subprocess.Popen(argv, cwd=Path(__file__).parents[2])
        until(self._socket.exists, within_s=SAID_WITHIN_S * 5)

    def shut(self) -> None:
        """Cut all connections and refuse new ones."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def block(self) -> None:
        """Let nothing through, and refuse nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    """An open door."""
    door = Door(tmp_path / "engine.sock")
    door.open()
    yield door
    door.shut()


@pytest.mark.parametrize("fault", [Door.shut, Door.block])
def test_orders_are_refused_at_once_while_lists_go_on(
    new_service: NewService, door: Door, fault: object
) -> None:
    service = new_service(DOCKER_HOST=door.host)
    owner = service.user()
    made = owner.order("redis")

    assert callable(fault)
    fault(door)
    asked = time.monotonic()
    refused = owner.post({"resource_name": "redis"})
    refused_after_s = time.monotonic() - asked
    listed = owner.list()
    listed_after_s = time.monotonic() - asked - refused_after_s
    not_removed = owner.http.delete(f"/resource/{made['id']}")

    assert refused.status_code == 503
    assert "MOORAGE_DOCKER_HOST" in refused.json()["message"]
    assert refused_after_s < SAID_WITHIN_S
    assert [row["id"] for row in listed] == [made["id"]]
    assert listed_after_s < LISTED_WITHIN_S
    assert owner.show(made["id"])["is_running"] is True
    assert not_removed.status_code == 503
    door.shut()
    door.open()
    log_in(owner.order("redis")["url"])
    for row in owner.list():
        owner.remove(row["id"])
    assert service.engine.all() == []


def test_an_order_that_loses_its_engine_leaves_nothing(new_service: NewService, door: Door) -> None:
    service = new_service(gated_redis, DOCKER_HOST=door.host)
    owner = service.user()
    waiting = owner.post({"resource_name": "redis"}, wait=0)
    assert waiting.status_code == 202
    assert waiting.json()["status"] == "creating"
    until(service.engine.running, within_s=CLEAN_WITHIN_S)

    door.shut()
    until(lambda: status_of_order(service) == "undoing", within_s=CLEAN_WITHIN_S)
    assert len(service.engine.all()) == 3
    door.open()

    until(lambda: status_of_order(service) == "failed", within_s=CLEAN_WITHIN_S)
    assert service.engine.all() == []
    assert owner.list() == []
    assert service.rows("SELECT * FROM port_reservations") == []


def test_the_service_starts_without_an_engine(new_service: NewService, door: Door) -> None:
    door.shut()
    service = new_service(DOCKER_HOST=door.host)
    owner = service.user()

    assert owner.post({"resource_name": "redis"}).status_code == 503
    told = service.moor("doctor", code=1)
    door.open()

    assert "FAIL  engine" in told.stdout
    assert door.host in told.stdout
    owner.remove(owner.order("redis")["id"])


def status_of_order(service: Service) -> str:
    [(status,)] = service.rows("SELECT status FROM operations")
    return str(status)
