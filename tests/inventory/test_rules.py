"""Which port and which subnet is next."""

from ipaddress import IPv4Network

from hypothesis import given
from hypothesis import strategies as st

from moorage.inventory import rules

RANGE = range(4000, 4020)


def test_a_range_of_ports_holds_both_ends() -> None:
    assert list(rules.ports("4000-4002")) == [4000, 4001, 4002]
    assert list(rules.ports("4000-4000")) == [4000]


@given(st.sets(st.integers(3990, 4030)))
def test_free_ports_are_those_that_are_offered_and_not_taken_lowest_first(taken: set[int]) -> None:
    free = list(rules.free_ports(RANGE, taken))

    assert free == sorted(set(RANGE) - taken)


@given(st.integers(24, 28), st.sets(st.integers(0, 15)))
def test_subnets_lie_in_the_pool_and_do_not_overlap(prefix: int, taken: set[int]) -> None:
    pool = IPv4Network("10.0.0.0/24")
    every = list(rules.subnets(str(pool), prefix, []))
    held = [subnet for number, subnet in enumerate(every) if number in taken]

    free = list(rules.subnets(str(pool), prefix, held))

    networks = [IPv4Network(subnet) for subnet in [*free, *held]]
    assert all(network.subnet_of(pool) for network in networks)
    assert sum(network.num_addresses for network in networks) == pool.num_addresses
    assert free == sorted(free, key=IPv4Network)


def test_a_pool_smaller_than_a_subnet_is_one_subnet() -> None:
    assert list(rules.subnets("10.0.0.0/26", 25, [])) == ["10.0.0.0/26"]
