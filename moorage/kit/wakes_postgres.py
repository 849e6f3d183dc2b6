"""Wakes across processes and machines: what one commits on PostgreSQL, all hear."""

import asyncio
import contextvars
import itertools
import logging
import secrets
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager

import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from moorage.kit.pause import pause
from moorage.kit.wakes import DEAF_S, Wakes

log = logging.getLogger(__name__)

_HEARING_S = 5.0
_CONNECT_AGAIN_S = (0.1, 0.5, 1, 2, 5)  # then every 5 s
_LISTEN_TIMEOUT_S = 5
_NOTIFY = text("SELECT pg_notify('moorage', topic) FROM unnest(CAST(:topics AS text[])) AS topic")


class PostgresWakes(Wakes):
    """Wakes by the commits of every process that uses the same PostgreSQL database.

    A connection of its own listens, from the first listener to disconnect(). Each time it is
    lost and each time it is back everybody is woken: something may have been missed.
    """

    def __init__(self, conninfo: str) -> None:
        super().__init__()
        self._conninfo = conninfo
        self._me = secrets.token_hex(4)  # a commit of our own has touched its topics already
        self._hearing: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def listen(self, topic: str) -> AsyncIterator[asyncio.Event]:
        """Yield an event that is set at each touch from now on; the listener clears it."""
        if self._hearing is None:
            # In an empty context, or all it logs would carry the first listener's request id.
            self._hearing = asyncio.create_task(
                self._hear(), name="wakes", context=contextvars.Context()
            )
        async with super().listen(topic) as waiter:
            yield waiter

    async def announce(self, session: AsyncSession, topics: Collection[str]) -> None:
        """Touch topics in all other processes when, and only if, this session commits."""
        if topics:
            await session.execute(_NOTIFY, {"topics": [f"{self._me} {one}" for one in topics]})

    async def disconnect(self) -> None:
        """Hear no other process any more."""
        if self._hearing is not None:
            self._hearing.cancel()
            await asyncio.gather(self._hearing, return_exceptions=True)

    async def _hear(self) -> None:
        connect = psycopg.AsyncConnection.connect
        pauses = _pauses()
        while True:
            try:
                async with await connect(self._conninfo, autocommit=True) as connection:
                    async with asyncio.timeout(_LISTEN_TIMEOUT_S):
                        await connection.execute("LISTEN moorage")
                    pauses = _pauses()
                    self._trust(_HEARING_S)
                    async for note in connection.notifies():
                        origin, _, topic = note.payload.partition(" ")
                        if origin != self._me:
                            self.touch(topic)
            except (psycopg.Error, TimeoutError) as error:
                log.warning("hears no other process", extra={"reason": str(error)})
            finally:
                self._trust(DEAF_S)
            await pause(next(pauses))

    def _trust(self, look_again_s: float) -> None:
        self.look_again_s = look_again_s
        self._touch_all()


def _pauses() -> Iterator[float]:
    return itertools.chain(_CONNECT_AGAIN_S, itertools.repeat(_CONNECT_AGAIN_S[-1]))
