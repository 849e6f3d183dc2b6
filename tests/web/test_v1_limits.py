"""How many requests a caller may send."""

from pathlib import Path

import pytest

from moorage.kit.errors import Throttled
from moorage.web.limits import Limits
from tests.make.world import open_world

pytestmark = pytest.mark.anyio


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000_000.1

    def __call__(self) -> float:
        return self.now


def taken(limits: Limits, caller: str = "anna") -> int:
    """Take until there is no more, and return how many there were."""
    for number in range(100_000):
        try:
            limits.take(caller)
        except Throttled:
            return number
    raise AssertionError("there is no limit")


@pytest.mark.parametrize("limit", [1, 7, 60, 6000])
def test_a_caller_may_send_all_of_a_minute_at_once_and_no_more(limit: int) -> None:
    assert taken(Limits(limit, clock=Clock())) == limit


def test_the_bucket_fills_as_time_goes_by_and_never_overflows() -> None:
    clock = Clock()
    limits = Limits(60, clock=clock)
    taken(limits)

    clock.now += 10
    after_ten_seconds = taken(limits)
    clock.now += 3600
    after_an_hour = taken(limits)

    assert (after_ten_seconds, after_an_hour) == (10, 60)


def test_a_caller_is_told_when_it_is_heard_again() -> None:
    clock = Clock()
    limits = Limits(6, clock=clock)
    taken(limits)

    with pytest.raises(Throttled, match="6 requests") as refused:
        limits.take("anna")
    clock.now += refused.value.retry_after_s

    assert refused.value.retry_after_s == 10
    assert taken(limits) == 1


def test_callers_do_not_count_for_each_other() -> None:
    limits = Limits(3, clock=Clock())
    taken(limits, "anna")

    assert taken(limits, "bob") == 3


def test_only_the_callers_heard_last_are_remembered() -> None:
    limits = Limits(3, callers=2, clock=Clock())
    for caller in ("anna", "bob", "carol"):
        taken(limits, caller)

    assert [taken(limits, caller) for caller in ("carol", "bob", "anna")] == [0, 0, 3]


async def test_who_sends_too_many_requests_is_asked_to_wait_at_every_door(tmp_path: Path) -> None:
    async with open_world(tmp_path, requests_per_minute=2) as world:
        anna, bob = await world.person(), await world.person()

        served = [await anna.http.get("/v1/usage"), await anna.http.get("/resource_list")]
        refused = [await anna.http.get("/v1/usage"), await anna.http.get("/resource_list")]
        open_to_all = [await anna.http.get(path) for path in ("/healthz", "/metrics", "/docs")]

        assert [answer.status_code for answer in served] == [200, 200]
        assert [answer.status_code for answer in refused] == [429, 429]
        assert all(1 <= int(answer.headers["Retry-After"]) <= 30 for answer in refused)
        assert refused[0].json()["type"] == "/docs/problems/too-many-requests"
        assert [answer.status_code for answer in open_to_all] == [200, 200, 200]
        assert (await bob.http.get("/v1/usage")).status_code == 200


async def test_who_is_nobody_known_is_counted_by_address(tmp_path: Path) -> None:
    async with open_world(tmp_path, requests_per_minute=2) as world:
        anna = await world.person()
        nobody, elsewhere = await world.http(), await world.http(address="198.51.100.1")

        answers = [await nobody.get("/v1/usage") for _ in range(3)]

        assert [answer.status_code for answer in answers] == [401, 401, 429]
        assert (await elsewhere.get("/v1/usage")).status_code == 401
        assert (await anna.http.get("/v1/usage")).status_code == 200


async def test_zero_is_no_limit(tmp_path: Path) -> None:
    async with open_world(tmp_path, requests_per_minute=0) as world:
        anna = await world.person()

        answers = [await anna.http.get("/v1/usage") for _ in range(3)]

        assert [answer.status_code for answer in answers] == [200, 200, 200]
