"""Wait for a real condition, and not for longer than it may take."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def until(look: Callable[[], Found | None], *, within_s: float, pause_s: float = 0.02) -> Found:
    """Return the first thing seen that is true. Fails after `within_s`."""
    deadline = time.monotonic() + within_s
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {within_s:g} s: {look}"
        time.sleep(pause_s)
    return found
