"""Waiting a moment for what somebody else is making just now."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

PAUSE_S = 0.05
T = TypeVar("T")


async def soon(look: Callable[[], Awaitable[T | None]], *, tries: int = 20) -> T | None:
    """Return what look finds, as soon as it finds it, or None after so many tries."""
    for _ in range(tries):
        if (found := await look()) is not None:
            return found
        await asyncio.sleep(PAUSE_S)
    return None
