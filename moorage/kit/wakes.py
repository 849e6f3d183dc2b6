"""Wakes: who waits for a change hears of the commit that made it."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession

DEAF_S = 0.5  # between two looks of who hears no other process


class Wakes:
    """Lets coroutines wait until a topic was touched by a commit of this process.

    A hint, not a promise: whoever waits also looks by itself, every look_again_s seconds.
    """

    def __init__(self) -> None:
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self.is_closed = False
        self.look_again_s = DEAF_S

    def close(self) -> None:
        """Wake everybody, for good: this process is about to end."""
        self.is_closed = True
        self._touch_all()

    def touch(self, topic: str) -> None:
        """Wake whoever waits for the topic."""
        for waiter in self._waiting.get(topic, ()):
            waiter.set()

    @asynccontextmanager
    async def listen(self, topic: str) -> AsyncIterator[asyncio.Event]:
        """Yield an event that is set at each touch from now on; the listener clears it."""
        waiter = asyncio.Event()
        self._waiting[topic].add(waiter)
        try:
            yield waiter
        finally:
            self._waiting[topic].discard(waiter)
            if not self._waiting[topic]:
                del self._waiting[topic]

    async def announce(self, session: AsyncSession, topics: Collection[str]) -> None:
        """Touch topics in other processes when this session commits; not possible on SQLite."""

    async def disconnect(self) -> None:
        """Hear no other process any more."""

    def _touch_all(self) -> None:
        for topic in self._waiting:
            self.touch(topic)
