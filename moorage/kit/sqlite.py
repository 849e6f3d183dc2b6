"""SQLite set up our way: WAL, durable commits, and connections that survive being cancelled."""

import asyncio
import sqlite3
import time
from contextlib import suppress
from functools import partial
from typing import Any

import aiosqlite
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

BUSY_TIMEOUT_S = 15  # how long a writer waits for another process


class _Closing(sqlite3.Connection):
    """Rolls back when it is closed. SQLite does so only once nobody holds a statement of it, and
    the traceback of whoever was cancelled may hold one: https://sqlite.org/c3ref/close.html"""

    def close(self) -> None:
        with suppress(sqlite3.ProgrammingError):  # it was closed before
            self.rollback()
        super().close()


class _Connection(aiosqlite.Connection):
    """Stops once. SQLAlchemy 2.1 stops one twice when whoever had it is cancelled twice, and
    aiosqlite 0.22 then waits for ever for a thread that has ended."""

    _is_stopped = False
    _end: asyncio.Future[Any] | None = None  # Any: aiosqlite's own

    def stop(self) -> asyncio.Future[Any] | None:  # Any: as above
        if not self._is_stopped:
            self._is_stopped = True
            self._end = super().stop()
        return self._end

    @property
    def is_at_work(self) -> bool:
        """Whether its thread may still answer to the event loop."""
        return self._thread.is_alive()


class Connections:
    """What is open. Their threads answer to the event loop, and must not outlive it; whoever was
    cancelled while one was opened leaves it to end by itself."""

    def __init__(self) -> None:
        self._open: list[_Connection] = []

    def connect(self, file: str, **options: Any) -> _Connection:  # Any: of sqlite3.connect
        """Return a new connection, which opens when it is waited for."""
        connect = partial(sqlite3.connect, file, factory=_Closing, **options)
        connection = _Connection(connect, iter_chunk_size=64)
        connection._thread.daemon = True  # as SQLAlchemy does where it makes them
        self._open = [*(one for one in self._open if one.is_at_work), connection]
        return connection

    async def close(self) -> None:
        """Close those that are still open, and wait until their threads are done."""
        ends = (one.stop() for one in self._open if one.is_at_work)
        await asyncio.gather(*(end for end in ends if end is not None))


def open_engine(
    url: str,
    *pragmas: str,
    opened: Connections,
    connections: int,
    **options: Any,  # Any: SQLAlchemy's own
) -> AsyncEngine:
    """Return an engine whose connections are set up our way, at most so many at once."""
    engine = create_async_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=BUSY_TIMEOUT_S,
        connect_args={"timeout": BUSY_TIMEOUT_S, "async_creator_fn": opened.connect},
        hide_parameters=True,
        **options,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _record: object) -> None:  # Any: a DBAPI connection
        connection.isolation_level = None
        cursor = connection.cursor()
        _use_wal(cursor)
        for pragma in ("synchronous=FULL", "foreign_keys=ON", *pragmas):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


def begin_immediately(engine: AsyncEngine) -> None:
    """Have its transactions take the file's lock at once: later, they could be refused."""

    # The driver's own transaction handling begins too late for BEGIN IMMEDIATE:
    # https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#pysqlite-serializable
    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: Any) -> None:  # Any: a SQLAlchemy connection of the sync façade
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _use_wal(cursor: Any) -> None:  # Any: a DBAPI cursor
    # Those that open a new file at once may be refused here without having waited:
    # https://sqlite.org/c3ref/busy_handler.html
    give_up_at = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up_at:
                raise
