"""Failed logins by address."""

import pytest

from moorage.identity.throttle import Throttle
from moorage.kit.errors import Throttled


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def fail(throttle: Throttle, address: str, *, times: int) -> None:
    for _ in range(times):
        throttle.failed(address)


def test_an_address_is_not_heard_after_too_many_failures() -> None:
    clock = Clock()
    throttle = Throttle(3, clock=clock)
    fail(throttle, "192.0.2.1", times=3)
    clock.now_s += 20.5

    with pytest.raises(Throttled) as refused:
        throttle.check("192.0.2.1")

    assert refused.value.retry_after_s == 40
    throttle.check("192.0.2.2")


def test_a_failure_too_many_is_not_told_though_it_was_heard() -> None:
    throttle = Throttle(1, clock=Clock())
    throttle.failed("192.0.2.1")

    with pytest.raises(Throttled):
        throttle.failed("192.0.2.1")


def test_it_is_heard_again_after_the_time_it_was_told() -> None:
    clock = Clock()
    throttle = Throttle(3, clock=clock)
    fail(throttle, "192.0.2.1", times=3)

    clock.now_s += 60

    throttle.check("192.0.2.1")


def test_the_minute_slides() -> None:
    clock = Clock()
    throttle = Throttle(2, clock=clock)
    fail(throttle, "192.0.2.1", times=1)
    clock.now_s += 50
    fail(throttle, "192.0.2.1", times=1)

    clock.now_s += 10
    fail(throttle, "192.0.2.1", times=1)

    with pytest.raises(Throttled) as refused:
        throttle.check("192.0.2.1")
    assert refused.value.retry_after_s == 50


def test_neighbours_in_one_ipv6_network_count_as_one() -> None:
    throttle = Throttle(1, clock=Clock())
    throttle.failed("2001:db8::1")

    with pytest.raises(Throttled):
        throttle.check("2001:db8::ffff:2")
    throttle.check("2001:db8:0:1::1")
    throttle.check("::1")


def test_an_ipv4_address_counts_as_itself_in_ipv6_spelling() -> None:
    throttle = Throttle(1, clock=Clock())
    throttle.failed("::ffff:192.0.2.1")

    with pytest.raises(Throttled):
        throttle.check("192.0.2.1")
    throttle.check("::ffff:192.0.2.2")


def test_callers_without_an_address_count_together() -> None:
    throttle = Throttle(1, clock=Clock())
    throttle.failed("")

    with pytest.raises(Throttled):
        throttle.check("")


def test_only_the_addresses_that_failed_last_are_kept() -> None:
    throttle = Throttle(2, addresses=2, clock=Clock())
    for last in (1, 2, 2, 1, 3, 3):
        throttle.failed(f"192.0.2.{last}")

    throttle.check("192.0.2.2")
    for last in (1, 3):
        with pytest.raises(Throttled):
            throttle.check(f"192.0.2.{last}")
