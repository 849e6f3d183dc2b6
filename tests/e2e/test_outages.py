"""What the service needs is away for a while, in the middle of orders. It costs time, no more."""

import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.make.postgres import Postgres

from .broken import gated_redis, open_gate
from .clients import log_in
from .conftest import NewService
from .door import Door
from .engine import DOCKER_HOST
from .service import Client, Service
from .until import until

pytestmark = pytest.mark.engine

AWAY_S = 20
READ_WITHIN_S = 1.5  # a second, and what a busy test machine adds
REFUSED_WITHIN_S = 3.0
DONE_WITHIN_S = 120
BACK_WITHIN_S = 60
ORDERS = 8
READS = (
    "/readyz",
    "/resource_list",
    "/v1/instances",
    "/v1/operations",
    "/v1/servers",
)


@pytest.mark.skipif(not DOCKER_HOST.startswith("unix://"), reason="needs the engine's socket")
@pytest.mark.parametrize("fault", [Door.shut, Door.block])
def test_while_the_engine_is_away_reads_go_on_and_orders_wait(
    new_service: NewService, door: Door, fault: Callable[[Door], None]
) -> None:
    service = new_service(gated_redis, DOCKER_HOST=door.host)
    owner = service.user()
    made = owner.order("valkey")
    for _ in range(3):
        assert owner.post({"resource_name": "redis"}, wait=0).status_code == 202
    until(lambda: len(service.engine.running()) == 4, within_s=DONE_WITHIN_S)
    until(lambda: owner.show(made["id"])["is_running"], within_s=DONE_WITHIN_S)

    fault(door)
    reads, refusals = ask_for(owner, AWAY_S)
    not_removed = owner.http.delete(f"/resource/{made['id']}")
    is_running = owner.show(made["id"])["is_running"]
    door.open()
    open_gate(service)

    assert {answer.status_code for answer in reads} == {200}
    assert {answer.status_code for answer in (*refusals, not_removed)} == {503}
    assert all("MOORAGE_DOCKER_HOST" in answer.json()["message"] for answer in refusals)
    for path in READS:
        assert usual(of_path(reads, path)) < READ_WITHIN_S
    assert usual(refusals) < REFUSED_WITHIN_S
    assert is_running
    all_run(service, owner, 4)
    log_in(owner.order("valkey")["url"])
    remove_all(service, owner)


@pytest.mark.postgres
@pytest.mark.parametrize("away_s", [0, AWAY_S])
def test_while_the_database_is_away_orders_wait_and_none_is_lost(
    new_service: NewService, postgres: Postgres, away_s: int
) -> None:
    service = new_service(DATABASE_URL=postgres.create_database())
    worker = service.worker()
    owner = service.user()
    with ThreadPoolExecutor(ORDERS + 1) as threads:
        first = [placed(owner, number) for number in range(ORDERS)]
        watched = threads.submit(watch, owner, first[0].headers["Location"])

        postgres.stop("immediate")
        later = [threads.submit(place, owner, ORDERS + number) for number in range(ORDERS)]
        away, refusals = ask_for(owner, away_s)
        postgres.start()
        answers = [answer for one in later for answer in one.result(timeout=DONE_WITHIN_S)]

        all_run(service, owner, 2 * ORDERS)
        seen = watched.result(timeout=DONE_WITHIN_S)
    assert {answer.status_code for answer in answers} <= {202, 409, 503}
    assert {answer.status_code for answer in (*away, *refusals)} <= {503}
    assert seen[-1][1] == "end"
    assert [number for number, _ in seen] == sorted({number for number, _ in seen})
    again = {placed(owner, number).json()["subject"] for number in range(2 * ORDERS)}
    assert again == {row["id"] for row in owner.http.get("/v1/instances").json()["items"]}
    assert worker.is_running
    remove_all(service, owner)


def test_after_a_power_cut_all_runs_again_but_what_was_stopped(new_service: NewService) -> None:
    service = new_service()
    owner = service.user()
    running = [owner.order("redis") for _ in range(4)]
    stopped = owner.order("redis")
    assert owner.http.post(f"/v1/instances/{stopped['id']}/stop").status_code == 202
    until(lambda: owner.show(stopped["id"])["status"] == "stopped", within_s=DONE_WITHIN_S)

    service.kill()
    for container in service.engine.running():
        service.engine.do("kill", container["Id"])
    began = time.monotonic()
    service.start()
    until(lambda: len(service.engine.running()) == len(running), within_s=BACK_WITHIN_S)
    until(lambda: all(answers(owner, one["id"]) for one in running), within_s=BACK_WITHIN_S)

    print(f"all back {time.monotonic() - began:.1f} s later")
    assert owner.show(stopped["id"])["status"] == "stopped"
    assert len(service.engine.running()) == len(running)
    for one in running:
        log_in(one["url"])
    remove_all(service, owner)


def answers(owner: Client, number: int) -> bool:
    """Tell whether something is said to run, and lets its owner in."""
    shown = owner.show(number)
    return bool(shown["is_running"]) and shown["status"] == "running"


def ask_for(owner: Client, seconds: float) -> tuple[list[httpx.Response], list[httpx.Response]]:
    """Read, and try to order, again and again; return the answers."""
    reads: list[httpx.Response] = []
    refusals: list[httpx.Response] = []
    over_at = time.monotonic() + seconds

    def is_over() -> bool:
        if time.monotonic() < over_at:
            reads.extend(owner.http.get(path) for path in READS)
            refusals.append(owner.post({"resource_name": "redis"}, wait=0))
        return time.monotonic() >= over_at

    until(is_over, within_s=seconds + DONE_WITHIN_S, pause_s=0.2)
    for path in READS if reads else ():
        print(f"{path}: {usual(of_path(reads, path)):.3f} s")
    if refusals:
        print(f"{len(refusals)} orders refused: {usual(refusals):.3f} s")
    return reads, refusals


def of_path(answers: list[httpx.Response], path: str) -> list[httpx.Response]:
    """Return the answers to requests for a path."""
    return [answer for answer in answers if answer.url.path == path]


def usual(answers: list[httpx.Response]) -> float:
    """Return how many seconds an answer takes."""
    return statistics.median(answer.elapsed.total_seconds() for answer in answers)


def place(owner: Client, number: int) -> list[httpx.Response]:
    """Order with a key of its own until it is taken; return all answers, the last one says so."""
    answers: list[httpx.Response] = []

    def is_taken() -> bool:
        answers.append(
            owner.http.post(
                "/v1/instances",
                json={"blueprint": "redis"},
                headers={"Idempotency-Key": f"order-{number}"},
            )
        )
        return answers[-1].status_code == 202

    until(is_taken, within_s=DONE_WITHIN_S, pause_s=0.1)
    return answers


def placed(owner: Client, number: int) -> httpx.Response:
    """Order with a key of its own, or be told what that was answered."""
    return place(owner, number)[-1]


def watch(owner: Client, operation: str) -> list[tuple[int, str]]:
    """Follow an operation to its end, however often that breaks off; return what was told."""
    seen: list[tuple[int, str]] = []

    def is_over() -> bool:
        last = {"Last-Event-ID": str(seen[-1][0])} if seen else {}
        try:
            with owner.http.stream("GET", f"{operation}/events", headers=last) as answer:
                assert answer.status_code in (200, 503)
                if answer.status_code == 200:
                    seen.extend(events(answer.iter_lines()))
        except httpx.TransportError:
            pass
        return bool(seen) and seen[-1][1] == "end"

    until(is_over, within_s=DONE_WITHIN_S, pause_s=0.1)
    return seen


def events(lines: Iterator[str]) -> Iterator[tuple[int, str]]:
    """Yield number and kind of each event."""
    number = 0
    for line in lines:
        field, _, value = line.partition(": ")
        if field == "id":
            number = int(value)
        elif field == "event":
            yield number, value


def all_run(service: Service, owner: Client, number: int) -> None:
    """Return when everything runs and lets its owner in; nothing more may be there."""
    began = time.monotonic()
    ended = "SELECT count(*) FROM operations WHERE status = 'succeeded'"
    until(lambda: service.rows(ended) == [(number,)], within_s=DONE_WITHIN_S, pause_s=0.1)
    print(f"all run {time.monotonic() - began:.1f} s later")
    made = [owner.show(row["id"]) for row in owner.list()]
    assert len(made) == number
    assert {one["status"] for one in made} == {"running"}
    for one in made:
        log_in(one["url"])
    assert len(service.engine.all()) == 2 * number + 1  # containers and volumes, one network


def remove_all(service: Service, owner: Client) -> None:
    """Remove everything; nothing may be left."""
    for row in owner.list():
        owner.remove(row["id"])
    assert service.engine.all() == []
    assert service.rows("SELECT * FROM port_reservations") == []
