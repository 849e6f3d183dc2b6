"""What says which operation is performed next, and by whom. Adapters: embedded, postgres.

An operation is given out when it is due, is the oldest unfinished one of its subject, and its
server has room: to one process at a time, and to another one when that process dies or freezes.
What is given out and comes back unfinished is given out again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

Perform = Callable[[str], Awaitable[None]]  # takes the id of an operation


class Queue(Protocol):
    """A queue of operations, as one process sees it."""

    @property
    def is_alive(self) -> bool:
        """Whether operations are being taken, or will be when it is this process' turn."""
        ...

    def start(self, perform: Perform) -> None:
        """Begin to take operations; each is performed in a task of its own."""
        ...

    async def stop(self) -> None:
        """Take no more; cancel those that do not end within the grace, and let go of them."""
        ...

    def lead(self) -> AbstractAsyncContextManager[asyncio.Event]:
        """Wait until this process leads: one of all does. The event is set when it is no more."""
        ...
