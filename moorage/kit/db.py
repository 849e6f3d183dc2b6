"""Rows: one engine for reading, one for writing, and the only place that commits."""

import asyncio
import sqlite3
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, MetaData, event, make_url
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

from moorage.kit.errors import Conflict, Unavailable

Session = AsyncSession

_BUSY_TIMEOUT_S = 15  # how long a writer waits for another process on SQLite
_READERS = 4


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in UTC, on databases with and without time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a datetime without time zone")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """The parent of every table."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime}  # noqa: RUF012  # SQLAlchemy's own interface


class Wakes:
    """Lets coroutines of this process wait until a topic was touched by a commit.

    A hint, not a promise: other processes commit too, so whoever waits also looks by itself.
    """

    def __init__(self) -> None:
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self.is_closed = False

    def close(self) -> None:
        """Wake everybody, for good: this process is about to end."""
        self.is_closed = True
        for topic in self._waiting:
            self.touch(topic)

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


class Database:
    """Sessions on SQLite (WAL, one writer at a time) or PostgreSQL."""

    def __init__(self, url: str) -> None:
        self.url = async_url(url)
        self.wakes = Wakes()
        self.is_sqlite = make_url(self.url).get_backend_name() == "sqlite"
        if self.is_sqlite:
            self._writer = _sqlite_engine(self.url, connections=1)
            _begin_immediately(self._writer)
            # Each statement reads the latest commit; BEGIN and ROLLBACK around it would double
            # the way through the driver's thread.
            self._reader = _sqlite_engine(
                self.url,
                "query_only=ON",
                connections=_READERS,
                isolation_level="AUTOCOMMIT",
                skip_autocommit_rollback=True,
            )
        else:
            self._writer = create_async_engine(
                self.url, pool_size=10, pool_pre_ping=True, connect_args={"connect_timeout": 5}
            )
            self._reader = self._writer

    @property
    def shown_url(self) -> str:
        """The URL without its password."""
        return make_url(self.url).render_as_string(hide_password=True)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Session]:
        """Yield a session that commits when the block ends well, and rolls back otherwise."""
        async with _translated(), AsyncSession(self._writer, expire_on_commit=False) as session:
            async with session.begin():
                yield session
            for topic in session.info.pop("topics", ()):
                self.wakes.touch(topic)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Session]:
        """Yield a session for reading; on SQLite it cannot write."""
        async with _translated(), AsyncSession(self._reader, expire_on_commit=False) as session:
            yield session

    async def create_all(self, metadata: MetaData) -> None:
        """Make all tables as they are now, without migrations; for tests."""
        async with self._writer.begin() as connection:
            await connection.run_sync(metadata.create_all)

    async def close(self) -> None:
        """Let go of all connections."""
        await self._writer.dispose()
        await self._reader.dispose()


def wake(session: Session, topic: str) -> None:
    """Touch a topic when, and only if, this session commits."""
    session.info.setdefault("topics", set()).add(topic)


async def save(session: Session, *rows: Base, if_taken: str) -> None:
    """Write new rows now. Raises Conflict with the given sentence when one is there already."""
    try:
        async with session.begin_nested():
            session.add_all(rows)
    except IntegrityError as error:
        raise Conflict(if_taken, detail=str(error.orig)) from error


def async_url(url: str) -> str:
    """Return the URL with the driver we use: `sqlite://` and `postgresql://` are enough."""
    parsed = make_url(url)
    drivers = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}
    driver = drivers.get(parsed.get_backend_name(), parsed.drivername)
    return parsed.set(drivername=driver).render_as_string(hide_password=False)


def _sqlite_engine(
    url: str,
    *pragmas: str,
    connections: int,
    **options: Any,  # Any: SQLAlchemy's own
) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=_BUSY_TIMEOUT_S,
        connect_args={"timeout": _BUSY_TIMEOUT_S},
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


def _begin_immediately(engine: AsyncEngine) -> None:
    # The driver's own transaction handling begins too late for BEGIN IMMEDIATE:
    # https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#pysqlite-serializable
    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: Any) -> None:  # Any: a SQLAlchemy connection of the sync façade
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _use_wal(cursor: Any) -> None:  # Any: a DBAPI cursor
    # Those that open a new file at once may be refused here without having waited:
    # https://sqlite.org/c3ref/busy_handler.html
    give_up_at = time.monotonic() + _BUSY_TIMEOUT_S
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up_at:
                raise


@asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    try:
        yield
    except (OperationalError, sqlite3.OperationalError, PoolTimeout) as error:
        raise Unavailable(
            "The database does not answer; try again in a moment.", detail=str(error)
        ) from error
