"""The service dies in the middle of something. What was promised is kept, once."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import httpx
import pytest

from .broken import gated_redis, open_gate
from .clients import keep, kept, log_in
from .conftest import NewService
from .process import STOPPED_WITHIN_S
from .service import Client, Json, Service
from .until import until

pytestmark = pytest.mark.engine

DONE_WITHIN_S = 90


@pytest.fixture
def background() -> Iterator[ThreadPoolExecutor]:
    """Run a request whose service will die under it."""
    with ThreadPoolExecutor() as threads:
        yield threads


def is_accepted(service: Service) -> bool:
    return bool(service.rows("SELECT * FROM operations"))


def has_container(service: Service) -> bool:
    return bool(service.engine.containers())


def has_started(service: Service) -> bool:
    return bool(service.engine.running())


def is_being_removed(service: Service) -> bool:
    return bool(service.rows("SELECT * FROM instances WHERE status = 'deleting'"))


def has_no_container(service: Service) -> bool:
    return not service.engine.containers()


@pytest.mark.parametrize("moment", [is_accepted, has_container, has_started])
def test_an_order_is_fulfilled_once_after_a_crash(
    new_service: NewService, background: ThreadPoolExecutor, moment: Callable[[Service], bool]
) -> None:
    service = new_service()
    owner, order = service.user(), {"resource_name": "mysql"}
    asked = background.submit(owner.post, order)
    until(lambda: moment(service), within_s=DONE_WITHIN_S, pause_s=0.001)

    service.kill()
    service.start()

    made = when_running(owner)
    log_in(made["url"])
    assert is_cut_off(asked)
    assert len(service.engine.all()) == 3  # container, volume, network
    owner.remove(made["id"])


def test_an_order_repeated_with_its_key_after_a_crash_makes_nothing_new(
    new_service: NewService, background: ThreadPoolExecutor
) -> None:
    service = new_service(gated_redis)
    owner, order = service.user(), {"resource_name": "redis"}
    key = {"Idempotency-Key": "once"}

    def ask() -> httpx.Response:
        return owner.http.post("/resource_list", json=order, headers=key, params={"wait": 120})

    asked = background.submit(ask)
    until(service.engine.running, within_s=DONE_WITHIN_S)
    service.kill()
    service.start()
    again = ask()
    open_gate(service)

    made = when_running(owner)
    assert is_cut_off(asked)
    assert again.status_code == 409
    assert (ask().status_code, ask().json()["id"]) == (201, made["id"])
    assert [row["id"] for row in owner.list()] == [made["id"]]
    owner.remove(made["id"])


@pytest.mark.parametrize("moment", [is_being_removed, has_no_container])
def test_a_removal_is_finished_after_a_crash(
    new_service: NewService, background: ThreadPoolExecutor, moment: Callable[[Service], bool]
) -> None:
    service = new_service()
    owner = service.user()
    number = owner.order("postgres")["id"]
    asked = background.submit(owner.http.delete, f"/resource/{number}")
    until(lambda: moment(service), within_s=DONE_WITHIN_S, pause_s=0.001)

    service.kill()
    service.start()

    until(lambda: owner.http.get(f"/resource/{number}").status_code == 404, within_s=DONE_WITHIN_S)
    assert is_cut_off(asked) or asked.result().status_code == 200
    assert service.engine.all() == []
    assert service.rows("SELECT * FROM port_reservations") == []


def test_a_stop_hands_an_unfinished_order_to_the_next_start(
    new_service: NewService, background: ThreadPoolExecutor
) -> None:
    service = new_service(gated_redis)
    owner = service.user()
    asked = background.submit(owner.post, {"resource_name": "redis"})
    until(service.engine.running, within_s=DONE_WITHIN_S)

    took_s = service.stop()
    service.start()
    open_gate(service)

    made = when_running(owner)
    keep(made["url"], "ahoy")
    assert took_s < STOPPED_WITHIN_S
    assert asked.result().status_code == 202
    assert asked.result().json()["id"] == made["id"]
    assert len(service.engine.all()) == 3
    assert kept(made["url"]) == "ahoy"
    owner.remove(made["id"])


def test_a_stop_waits_for_an_order_that_is_nearly_done(
    new_service: NewService, background: ThreadPoolExecutor
) -> None:
    service = new_service()
    owner = service.user()
    background.submit(owner.post, {"resource_name": "redis"})
    until(service.engine.containers, within_s=DONE_WITHIN_S)

    service.stop()

    assert service.rows("SELECT status FROM instances") == [("running",)]
    service.start()
    [made] = owner.list()
    log_in(owner.show(made["id"])["url"])
    owner.remove(made["id"])


def test_several_processes_share_the_work_and_stop_together(new_service: NewService) -> None:
    service = new_service()
    service.stop()
    service.start("--workers", "2")
    owner = service.user()

    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: owner.order("redis"), range(4)))
    for resource in made:
        log_in(resource["url"])
    took_s = service.stop()

    assert took_s < STOPPED_WITHIN_S
    assert len(service.engine.containers()) == len(made)
    service.start()
    for resource in owner.list():
        owner.remove(resource["id"])


def when_running(owner: Client) -> Json:
    """Return the one thing that an owner has, once it runs."""

    def look() -> Json | None:
        [made] = owner.list()
        return owner.show(made["id"]) if made["status"] == "running" else None

    return until(look, within_s=DONE_WITHIN_S)


def is_cut_off(asked: Future[httpx.Response]) -> bool:
    """Tell whether a request got no answer."""
    return isinstance(asked.exception(timeout=DONE_WITHIN_S), httpx.TransportError)
