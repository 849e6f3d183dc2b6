"""The engine goes away and comes back. The service says so, and leaves nothing behind."""

import pytest

from .broken import gated_redis, open_gate
from .clients import log_in
from .conftest import NewService
from .door import Door
from .engine import DOCKER_HOST
from .until import until

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not DOCKER_HOST.startswith("unix://"), reason="needs the engine's socket"),
]

SAID_WITHIN_S = 45.0
PUT_OFF_S = 30
BACK_WITHIN_S = 60


def test_an_order_that_loses_its_engine_goes_on_when_it_is_back(
    new_service: NewService, door: Door
) -> None:
    service = new_service(gated_redis, DOCKER_HOST=door.host)
    owner = service.user()
    waiting = owner.post({"resource_name": "redis"}, wait=0)
    assert waiting.status_code == 202
    until(service.engine.running, within_s=BACK_WITHIN_S)

    door.shut()
    until(lambda: service.rows("SELECT * FROM operations WHERE attempts > 0"), within_s=PUT_OFF_S)
    door.open()
    open_gate(service)

    until(lambda: owner.list()[0]["status"] == "running", within_s=BACK_WITHIN_S)
    made = owner.show(waiting.json()["id"])
    log_in(made["url"])
    assert len(service.engine.all()) == 3  # container, volume, network
    owner.remove(made["id"])


def test_while_the_engine_is_away_nobody_says_how_instances_are(
    new_service: NewService, door: Door
) -> None:
    service = new_service(DOCKER_HOST=door.host)
    owner = service.user()
    made = owner.order("redis")

    def observed() -> str:
        [row] = service.rows("SELECT observed FROM instances")
        return str(row[0])

    door.shut()
    until(lambda: observed() == "unknown", within_s=SAID_WITHIN_S)
    status = owner.show(made["id"])["status"]
    door.open()
    until(lambda: observed() == "running", within_s=SAID_WITHIN_S)

    assert status == "running"
    said = service.log_file.read_text()
    assert said.count("engine does not answer") == said.count("engine answers again") == 1
    owner.remove(made["id"])


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
