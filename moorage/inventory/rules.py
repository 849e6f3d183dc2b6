"""Which port and which subnet is next. Pure: no rows, no network."""

from collections.abc import Collection, Iterator
from ipaddress import IPv4Network


def ports(text: str) -> range:
    """Return the ports of `FIRST-LAST`, both included."""
    first, _, last = text.partition("-")
    return range(int(first), int(last) + 1)


def free_ports(offered: range, taken: Collection[int]) -> Iterator[int]:
    """Yield the ports that are offered and not taken, lowest first."""
    return (port for port in offered if port not in taken)


def subnets(pool: str, prefix: int, taken: Collection[str]) -> Iterator[str]:
    """Yield the subnets of the pool that are not taken, lowest first."""
    network = IPv4Network(pool)
    for subnet in network.subnets(new_prefix=max(prefix, network.prefixlen)):
        if str(subnet) not in taken:
            yield str(subnet)
