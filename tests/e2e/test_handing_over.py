"""Several processes of one installation: what one cannot finish another one does, once."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.make.postgres import Postgres

from .broken import gated_redis, open_gate
from .clients import log_in
from .conftest import NewService
from .process import STOPPED_WITHIN_S
from .service import Client, Service, is_free
from .until import until

pytestmark = pytest.mark.engine

DONE_WITHIN_S = 60
TAKEN_OVER_WITHIN_S = 30  # a process that died is missed after eight


@pytest.fixture
def background() -> Iterator[ThreadPoolExecutor]:
    """Run a request whose service will go under it."""
    with ThreadPoolExecutor() as threads:
        yield threads


@pytest.mark.postgres
def test_an_order_whose_process_dies_is_finished_by_another(
    new_service: NewService, postgres: Postgres
) -> None:
    service = new_service(gated_redis, DATABASE_URL=postgres.create_database())
    owner = service.user()
    begin_order(service, owner)
    service.worker()
    until(lambda: performers(service) == 2, within_s=DONE_WITHIN_S)

    service.kill()
    began = time.monotonic()
    until(lambda: performances(service) == [2], within_s=TAKEN_OVER_WITHIN_S)
    print(f"taken over after {time.monotonic() - began:.1f} s")
    open_gate(service)
    until(lambda: statuses(service) == ["succeeded"], within_s=DONE_WITHIN_S)

    service.start()
    [made] = owner.list()
    log_in(owner.show(made["id"])["url"])
    assert len(service.engine.all()) == 3  # container, volume, network
    owner.remove(made["id"])


@pytest.mark.postgres
def test_a_process_that_thaws_changes_nothing_of_what_it_has_lost(
    new_service: NewService, postgres: Postgres
) -> None:
    service = new_service(gated_redis, DATABASE_URL=postgres.create_database())
    owner = service.user()
    begin_order(service, owner)
    other = service.beside()
    other_owner = other.client(owner.token)

    assert service.process
    service.process.freeze()
    until(lambda: performances(service) == [2], within_s=TAKEN_OVER_WITHIN_S)
    open_gate(service)
    until(lambda: statuses(service) == ["succeeded"], within_s=DONE_WITHIN_S)
    [made] = other_owner.list()
    other_owner.remove(made["id"])
    left = service.rows("SELECT * FROM operations ORDER BY number")
    service.process.thaw()
    other.stop()

    waiting = owner.post({"resource_name": "redis"}, wait=0)
    until(service.engine.running, within_s=DONE_WITHIN_S)
    open_gate(service)
    until(lambda: statuses(service) == ["succeeded"] * 3, within_s=DONE_WITHIN_S)
    assert service.rows("SELECT * FROM operations ORDER BY number")[:2] == left
    [container] = service.engine.containers()
    assert container["Labels"]["moorage.instance"] == instance_of(service, waiting.json()["id"])
    owner.remove(waiting.json()["id"])


@pytest.mark.postgres
def test_a_process_that_stops_hands_its_order_over_at_once(
    new_service: NewService, postgres: Postgres, background: ThreadPoolExecutor
) -> None:
    url = postgres.create_database()
    service = new_service(gated_redis, DATABASE_URL=url)
    owner = service.user()
    asked = background.submit(owner.post, {"resource_name": "redis"})
    until(service.engine.running, within_s=DONE_WITHIN_S)
    worker = service.worker()
    until(lambda: performers(service) == 2, within_s=DONE_WITHIN_S)

    took_s = [service.stop()]
    until(lambda: performances(service) == [2], within_s=TAKEN_OVER_WITHIN_S)
    service.start()
    took_s += [worker.stop()]
    until(lambda: performances(service) == [3], within_s=TAKEN_OVER_WITHIN_S)
    open_gate(service)
    until(lambda: statuses(service) == ["succeeded"], within_s=DONE_WITHIN_S)

    print("stopped after", took_s)
    assert asked.result().status_code == 202
    assert max(took_s) < STOPPED_WITHIN_S
    assert "taken from a silent process" not in service.said
    [made] = owner.list()
    assert made["id"] == asked.result().json()["id"]
    log_in(owner.show(made["id"])["url"])
    owner.remove(made["id"])


def test_of_two_on_sqlite_one_performs_and_the_other_takes_over(new_service: NewService) -> None:
    service = new_service(gated_redis)
    owner = service.user()
    other = service.beside()
    other_owner = other.client(owner.token)
    begin_order(service, other_owner)

    service.kill()
    until(lambda: performances(service) == [2], within_s=TAKEN_OVER_WITHIN_S)
    open_gate(service)

    until(lambda: statuses(service) == ["succeeded"], within_s=DONE_WITHIN_S)
    [made] = other_owner.list()
    log_in(other_owner.show(made["id"])["url"])
    assert len(service.engine.all()) == 3
    other_owner.remove(made["id"])


def test_a_worker_beside_sqlite_is_refused_with_the_setting_to_change(service: Service) -> None:
    told = service.moor("worker", code=1)

    assert "MOORAGE_DATABASE_URL" in told.stderr


@pytest.mark.parametrize("processes", ["1", "2"])
def test_who_waits_is_answered_when_the_service_stops(
    new_service: NewService, background: ThreadPoolExecutor, processes: str
) -> None:
    service = new_service(gated_redis, STOP_GRACE_S="1")
    service.stop()
    service.start("--workers", processes)
    owner = service.user()
    asked = [background.submit(owner.post, {"resource_name": "redis"}) for _ in range(4)]
    until(lambda: len(service.engine.running()) == len(asked), within_s=DONE_WITHIN_S)

    took_s = service.stop()
    service.start()
    open_gate(service)

    assert [one.result().status_code for one in asked] == [202] * 4
    assert took_s < STOPPED_WITHIN_S
    until(lambda: statuses(service) == ["succeeded"] * 4, within_s=DONE_WITHIN_S)
    for row in owner.list():
        owner.remove(row["id"])


def test_several_processes_end_with_the_one_that_started_them(new_service: NewService) -> None:
    service = new_service(STOP_GRACE_S="1")
    service.stop()
    service.start("--workers", "2")

    service.kill()

    port = int(service.url.rpartition(":")[2])
    until(lambda: is_free(port), within_s=TAKEN_OVER_WITHIN_S)
    service.start()
    owner = service.user()
    owner.remove(owner.order("redis")["id"])


def begin_order(service: Service, owner: Client) -> None:
    """Order something that then waits in the middle."""
    assert owner.post({"resource_name": "redis"}, wait=0).status_code == 202
    until(service.engine.running, within_s=DONE_WITHIN_S)
    assert performances(service) == [1]


def performances(service: Service) -> list[int]:
    """Return how often each operation was begun."""
    return [row[0] for row in service.rows("SELECT fence FROM operations ORDER BY number")]


def statuses(service: Service) -> list[str]:
    """Return how each operation stands."""
    return [row[0] for row in service.rows("SELECT status FROM operations ORDER BY number")]


def performers(service: Service) -> int:
    """Return how many processes perform operations."""
    [(number,)] = service.rows("SELECT count(*) FROM procrastinate_workers")
    return int(number)


def instance_of(service: Service, number: int) -> str:
    """Return the id of what the resources door calls by a number."""
    [(found,)] = service.rows(f"SELECT id FROM instances WHERE number = {int(number)}")
    return str(found)
