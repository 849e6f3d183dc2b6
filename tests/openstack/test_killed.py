"""The service dies by `kill -9` while a real OpenStack makes a VM: it is made, and once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.service import Service
from tests.e2e.until import until
from tests.openstack.conftest import NewProject

pytestmark = pytest.mark.openstack

ORDER = {"image_id": "cirros", "flavor_id": "m1.tiny", "network_id": "private"}
BEGUN_WITHIN_S = 30
MADE_WITHIN_S = 120

Json = dict[str, Any]  # Any: JSON
Moment = Callable[[str], bool]


@pytest.fixture
def service(tmp_path: Path, new_cloud_project: NewProject) -> Iterator[Service]:
    """Run the service on a project of its own, without an engine."""
    data_dir = tmp_path / "data"
    data_dir.mkdir(mode=0o700)
    cloud = {f"OPENSTACK_{name}": value for name, value in new_cloud_project(3).items()}
    service = Service(data_dir, cloud | {"DOCKER_HOST": "unix:///nonexistent"})
    admin = service.admin
    service.start()
    yield service
    service.kill()
    admin.http.close()


def test_a_vm_is_made_once_whenever_the_service_is_killed(service: Service) -> None:
    moments: dict[str, Moment] = {
        "accepted": lambda steps: True,
        "asking": lambda steps: '"Server"' in steps,
        "waiting": lambda steps: '"Active"' in steps,
    }

    for name, is_there in moments.items():
        with ThreadPoolExecutor() as background:
            asked = background.submit(order, service, name)
            until(partial(is_anywhere, service, is_there), within_s=BEGUN_WITHIN_S, pause_s=0.001)
            service.kill()
            asked.result()
        service.start()
        until(lambda: not steps(service), within_s=MADE_WITHIN_S)

        assert [(one["name"], one["status"]) for one in servers(service)] == [(name, "ACTIVE")]
        for one in servers(service):
            answer = service.admin.http.delete(f"/api/v1/server/{one['id']}")
            assert answer.status_code == 200, answer.text


def is_anywhere(service: Service, is_there: Moment) -> bool:
    """Tell whether an order has come that far."""
    return any(map(is_there, steps(service)))


def order(service: Service, name: str) -> None:
    """Order a VM of a service that dies before it answers."""
    with pytest.raises(httpx.TransportError):
        service.admin.http.post("/api/v1/server", json={**ORDER, "name": name})


def steps(service: Service) -> list[str]:
    """Return the steps, as JSON, of every order that is under way."""
    unfinished = "kind = 'vm.create' AND ended_at IS NULL"
    return [row[0] for row in service.rows(f"SELECT steps FROM operations WHERE {unfinished}")]


def servers(service: Service) -> list[Json]:
    """Return the VMs of the project."""
    answer = service.admin.http.get("/api/v1/server")
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()["servers"]
    return found
