"""Answers that may take long: the last one is kept, and whoever asks waits for a moment only."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Generic, TypeVar

from moorage.kit.errors import MoorageError

T = TypeVar("T")


class Kept(Generic[T]):
    """What was answered last. problem: why it was not answered since.

    fresh_s: how long nobody asks again, unless has_changed; within_s: how long anybody waits for a
    new answer.
    """

    def __init__(
        self,
        ask: Callable[[], Awaitable[T]],
        default: T,
        *,
        fresh_s: float,
        within_s: float,
        has_changed: Callable[[], bool] = lambda: False,
    ) -> None:
        self.last = default
        self.problem: str | None = None
        self._ask = ask
        self._fresh_s = fresh_s
        self._within_s = within_s
        self._has_changed = has_changed
        self._asking: asyncio.Task[None] | None = None
        self._wait_until = 0.0
        self._fresh_until = 0.0

    @property
    def is_fresh(self) -> bool:
        """Whether the last answer holds, and nobody asks for another one."""
        is_over = asyncio.get_running_loop().time() >= self._fresh_until
        return self._asking is None and not is_over and not self._has_changed()

    async def get(self) -> T:
        """Return the last answer, or a new one if it comes in time."""
        if self.is_fresh:
            return self.last
        clock = asyncio.get_running_loop().time
        if self._asking is None:
            self._asking = asyncio.create_task(self._renew())
            self._wait_until = clock() + self._within_s
        if (wait_s := self._wait_until - clock()) > 0:
            done, _ = await asyncio.wait([self._asking], timeout=wait_s)
            for task in done:
                task.result()  # a bug is seen
        return self.last

    async def close(self) -> None:
        """Stop asking."""
        if self._asking is not None:
            self._asking.cancel()
            with suppress(asyncio.CancelledError):
                await self._asking

    async def _renew(self) -> None:
        try:
            self.last = await self._ask()
            self.problem = None
        except MoorageError as error:
            self.problem = error.message
        finally:
            self._fresh_until = asyncio.get_running_loop().time() + self._fresh_s
            self._asking = None
