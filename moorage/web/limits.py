"""How many requests a caller may send: a bucket each, filled as time goes by, in memory.

Every process has buckets of its own.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from moorage.kit.errors import Throttled
from moorage.kit.i18n import Text

WINDOW_S = 60
CALLERS_KEPT = 50_000  # 10 MB; whoever is forgotten begins with a full bucket


class Limits:
    """Counts the requests of the callers that were heard last. per_minute: 0 for no limit.

    Of each we keep one number: when its bucket will be full again (the generic cell rate
    algorithm, ITU-T I.371).
    """

    def __init__(
        self,
        per_minute: int,
        *,
        callers: int = CALLERS_KEPT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_minute = per_minute
        self._interval_s = WINDOW_S / max(per_minute, 1)
        self._callers = callers
        self._clock = clock
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def take(self, caller: str) -> None:
        """Count a request. Raises Throttled when the bucket is empty."""
        if not self._per_minute:
            return
        moment = self._clock()
        full_at = max(self._full_at.get(caller, moment), moment) + self._interval_s
        wait_s = full_at - moment - WINDOW_S
        if wait_s > self._interval_s / 2:  # half a request: floats do not add up
            raise Throttled(
                Text(
                    "You have sent {number} requests within a minute; wait for a moment.",
                    number=self._per_minute,
                ),
                retry_after_s=math.ceil(wait_s),
            )
        self._full_at[caller] = full_at
        self._full_at.move_to_end(caller)
        if len(self._full_at) > self._callers:
            self._full_at.popitem(last=False)
