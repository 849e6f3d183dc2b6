"""Forty orders, then forty removals, while processes are killed: each is carried out once."""

import random
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.make.postgres import Postgres

from .clients import log_in
from .conftest import NewService
from .process import Process
from .service import Client, Service
from .until import until

pytestmark = pytest.mark.engine

NUMBER = 40
KILLS = 8
SIGNS_OF_AN_ORDER = 7  # rows that it and each of its steps leaves, at least
SIGNS_OF_A_REMOVAL = 5
DONE_WITHIN_S = 180
ASK_WITHIN_S = 10


class Crew:
    """The processes of an installation, of which one is killed now and then, and replaced."""

    def __init__(self, service: Service, *, workers: int) -> None:
        self.seed = secrets.randbits(32)
        self._random = random.Random(self.seed)
        self._service = service
        self._workers = [service.worker() for _ in range(workers)]

    def suffer(self, kills: int, *, signs: int) -> None:
        """Be killed so often, while that many signs of work are left behind."""
        before = self._signs()
        for mark in sorted(self._random.sample(range(signs), kills)):
            self._until_signs(before + mark)
            self._lose(self._random.choice([None, *self._workers]))

    def _until_signs(self, number: int) -> None:
        until(lambda: self._signs() >= number, within_s=DONE_WITHIN_S)

    def _signs(self) -> int:
        [(signs,)] = self._service.rows(
            "SELECT (SELECT count(*) FROM operations) + (SELECT count(*) FROM operation_events)"
        )
        return int(signs)

    def _lose(self, worker: Process | None) -> None:
        if worker is None:
            self._service.kill()
            self._service.start()
        else:
            worker.kill()
            self._workers[self._workers.index(worker)] = self._service.worker()


def test_on_sqlite_each_is_carried_out_once(new_service: NewService) -> None:
    service = new_service()

    order_and_remove(service, Crew(service, workers=0))


@pytest.mark.postgres
def test_on_postgres_each_is_carried_out_once(new_service: NewService, postgres: Postgres) -> None:
    service = new_service(DATABASE_URL=postgres.create_database())

    order_and_remove(service, Crew(service, workers=2))


def order_and_remove(service: Service, crew: Crew) -> None:
    """Order forty and remove them, under eight kills each; look after each."""
    owner = service.user()
    print(f"seed {crew.seed}")

    under_kills(service, crew, lambda number: order(owner, number), SIGNS_OF_AN_ORDER)

    made = [owner.show(row["id"]) for row in owner.list()]
    assert {order(owner, number) for number in range(NUMBER)} == {one["id"] for one in made}
    assert len(made) == len(service.engine.running()) == len(service.engine.containers()) == NUMBER
    assert len(service.engine.all()) == 2 * NUMBER + 1  # containers and volumes, one network
    assert len(service.rows("SELECT * FROM port_reservations")) == NUMBER
    for one in made:
        log_in(one["url"])

    under_kills(service, crew, lambda at: remove(owner, made[at]["id"]), SIGNS_OF_A_REMOVAL)

    assert owner.list() == []
    assert service.engine.all() == []
    for table in ("port_reservations", "owner_networks", "leftovers"):
        assert service.rows(f"SELECT * FROM {table}") == []


def under_kills(
    service: Service, crew: Crew, ask: Callable[[int], object], signs_each: int
) -> None:
    """Ask for forty things while processes are killed; be back when each is done, once."""
    before = service.rows("SELECT id FROM operations")
    began = time.monotonic()
    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(ask, number) for number in range(NUMBER)]
        crew.suffer(KILLS, signs=NUMBER * signs_each)
        for one in asked:
            one.result(timeout=DONE_WITHIN_S)
    until(lambda: not unfinished(service), within_s=DONE_WITHIN_S, pause_s=0.1)
    took_s = time.monotonic() - began

    done = service.rows("SELECT id, kind, status, fence FROM operations")
    new = [row for row in done if (row[0],) not in before]
    assert {status for _, _, status, _ in new} == {"succeeded"}
    assert len(new) == NUMBER
    again = sum(fence - 1 for *_, fence in new)
    print(f"{new[0][1]}: {NUMBER} in {took_s:.1f} s, {KILLS} kills, {again} performed again")


def unfinished(service: Service) -> bool:
    """Tell whether an operation has not ended."""
    return bool(service.rows("SELECT * FROM operations WHERE ended_at IS NULL"))


def order(owner: Client, number: int) -> int | None:
    """Order one, with a key of its own, however often that takes; return its id once it is told."""

    def ask() -> httpx.Response | None:
        key = {"Idempotency-Key": f"order-{number}"}
        try:
            answer = owner.http.post(
                "/resource_list",
                json={"resource_name": "redis"},
                params={"wait": 0},
                headers=key,
                timeout=ASK_WITHIN_S,
            )
        except httpx.TransportError:
            return None
        return answer if answer.status_code in (201, 202, 409) else None

    answer = until(ask, within_s=DONE_WITHIN_S, pause_s=0.1)
    return None if answer.status_code == 409 else int(answer.json()["id"])


def remove(owner: Client, number: int) -> None:
    """Remove one, however often that takes."""

    def is_gone() -> bool:
        try:
            answer = owner.http.delete(f"/resource/{number}", timeout=DONE_WITHIN_S)
        except httpx.TransportError:
            return False
        assert answer.status_code in (200, 404, 503), answer.text
        return answer.status_code != 503

    until(is_gone, within_s=DONE_WITHIN_S, pause_s=0.1)
