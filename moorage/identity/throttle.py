"""Failed logins by address: too many in a minute, and the next ones are not heard."""

import ipaddress
import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable

from moorage.kit.errors import Throttled
from moorage.kit.i18n import Text

WINDOW_S = 60
ADDRESSES_KEPT = 10_000  # 14 MB when each of them failed 20 times


class Throttle:
    """Counts failures over the last minute, in memory, for the addresses that failed last.

    A success does not clear them: with an account of their own, guessers would clear theirs.
    """

    def __init__(
        self,
        limit: int,
        *,
        addresses: int = ADDRESSES_KEPT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = limit
        self._addresses = addresses
        self._clock = clock
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def check(self, address: str) -> None:
        """Raise Throttled when the address has failed too often to be heard now."""
        failures = self._failures.get(source(address))
        if failures is None or len(failures) < self._limit:
            return
        left_s = failures[0] + WINDOW_S - self._clock()
        if left_s > 0:
            raise Throttled(
                Text("Too many failed logins from your address; try again later."),
                retry_after_s=math.ceil(left_s),
            )

    def failed(self, address: str) -> None:
        """Count a failed login. Raises Throttled: of many at once, the later ones are not told."""
        self.check(address)
        sender = source(address)
        failures = self._failures.setdefault(sender, deque(maxlen=self._limit))
        failures.append(self._clock())
        self._failures.move_to_end(sender)
        if len(self._failures) > self._addresses:
            self._failures.popitem(last=False)


def source(address: str) -> str:
    """Return what one caller holds: an IPv4 address, or a whole /64 of IPv6 (RFC 4291 §2.5.4)."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address  # a Unix socket has no address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(parsed), 64), strict=False))
