"""Rows: one engine for reading, one for writing, and the only place that commits."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import DateTime, MetaData, make_url, text
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import (
    DataError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

from moorage.kit import disk, sqlite
from moorage.kit.errors import Conflict, Invalid, Unavailable
from moorage.kit.i18n import Text
from moorage.kit.rows import Direct, Query, T
from moorage.kit.wakes import Wakes

Session = AsyncSession
Opened = TypeVar("Opened", AsyncSession, AsyncConnection)

_FROZEN_AFTER_S = 5  # whoever stands still in a transaction must not keep its locks
_READERS = 4

# A server that is gone is noticed within 11 s, whether something is being sent to it or not:
# https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-PARAMKEYWORDS
_POSTGRES_LINK = {
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "11000",
    "options": f"-c lock_timeout={sqlite.BUSY_TIMEOUT_S}s "
    f"-c idle_in_transaction_session_timeout={_FROZEN_AFTER_S}s",
}


# InternalError: the server has ended a transaction in which somebody stood still.
_OUTAGES = (
    OperationalError,
    InterfaceError,
    InternalError,
    PoolTimeout,
    sqlite3.OperationalError,
)


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

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:  # Any: SQLAlchemy's own
        if dialect.name == "sqlite":  # a third of the time, and it is read all the time
            return _from_text
        return super().result_processor(dialect, coltype)


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


class Database:
    """Sessions on SQLite (WAL, one writer at a time) or PostgreSQL."""

    def __init__(self, url: str) -> None:
        self.url = async_url(url)
        self._closing: set[asyncio.Task[None]] = set()
        self._opened = sqlite.Connections()
        self.is_sqlite = make_url(self.url).get_backend_name() == "sqlite"
        if self.is_sqlite:
            self.wakes: Wakes = Wakes()
            self._writer = sqlite.open_engine(self.url, opened=self._opened, connections=1)
            sqlite.begin_immediately(self._writer)
            # Each statement reads the latest commit; BEGIN and ROLLBACK around it would double
            # the way through the driver's thread.
            self._reader = sqlite.open_engine(
                self.url,
                "query_only=ON",
                opened=self._opened,
                connections=_READERS,
                isolation_level="AUTOCOMMIT",
                skip_autocommit_rollback=True,
            )
            self._direct: Direct | None = Direct(make_url(self.url).database or "")
        else:
            from moorage.kit.wakes_postgres import PostgresWakes  # 9 MiB that SQLite need not have

            self._writer = _postgres_engine(self.url)
            self.wakes = PostgresWakes(self.conninfo)
            self._reader = self._writer
            self._direct = None

    @property
    def shown_url(self) -> str:
        """The URL without its password."""
        return make_url(self.url).render_as_string(hide_password=True)

    @property
    def conninfo(self) -> str:
        """What libpq connects with; password included."""
        from psycopg.conninfo import make_conninfo

        _, options = self._writer.dialect.create_connect_args(self._writer.url)
        options.pop("context", None)  # SQLAlchemy's own types
        return make_conninfo(**options)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Session]:
        """Yield a session that commits when the block ends well, and rolls back otherwise."""
        async with _translated(), self._closed(self._session(self._writer)) as session:
            async with session.begin():
                yield session
                topics: dict[str, bool] = session.info.pop("topics", {})
                await self.wakes.announce(
                    session, [topic for topic, everywhere in topics.items() if everywhere]
                )
            for topic in topics:
                self.wakes.touch(topic)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Session]:
        """Yield a session for reading; on SQLite it cannot write."""
        async with _translated(), self._closed(self._session(self._reader)) as session:
            yield session

    async def answer(self, query: Query[T], **values: object) -> T:
        """Return what a small query makes of the latest commit; see kit.rows."""
        if self._direct is not None:
            with suppress(sqlite3.Error):  # then the way that may wait says what is wrong
                return self._direct.answer(query, values)
        async with _translated(), self._closed(await self._reader.connect()) as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            found = await connection.execute(query.statement, values)
            return query.shape(found.all(), values)

    def make_private(self) -> None:
        """Have an SQLite file that its owner alone may read, and so what SQLite puts beside it."""
        if self.is_sqlite:
            file = Path(make_url(self.url).database or "")
            file.touch(mode=0o600)
            file.chmod(0o600)

    async def check(self) -> None:
        """Raise Unavailable unless rows can be read and, as far as one sees, written."""
        async with self.read() as session:
            await session.execute(text("SELECT 1"))
        if self.is_sqlite:
            disk.check_room(Path(make_url(self.url).database or ""))

    async def create_all(self, metadata: MetaData) -> None:
        """Make all tables as they are now, without migrations; for tests."""
        async with self._writer.begin() as connection:
            await connection.run_sync(metadata.create_all)

    async def close(self) -> None:
        """Let go of all connections."""
        if self._direct is not None:
            self._direct.close()
        await self.wakes.disconnect()
        await asyncio.gather(*self._closing, return_exceptions=True)
        await self._writer.dispose()
        await self._reader.dispose()
        await self._opened.close()

    def _session(self, engine: AsyncEngine) -> AsyncSession:
        return AsyncSession(engine, expire_on_commit=False)

    @asynccontextmanager
    async def _closed(self, opened: Opened) -> AsyncIterator[Opened]:
        """Yield a session or a connection, and close it, whoever is cancelled meanwhile.

        SQLAlchemy's own way leaves a task behind then, for which nobody could wait.
        """
        try:
            yield opened
        finally:
            closing = asyncio.create_task(opened.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
            await asyncio.shield(closing)


def wake(session: Session, topic: str, *, everywhere: bool = True) -> None:
    """Touch a topic when, and only if, this session commits; everywhere: in all processes."""
    topics: dict[str, bool] = session.info.setdefault("topics", {})
    topics[topic] = everywhere or topics.get(topic, False)


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


def _from_text(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(f"{text}+00:00")


def _postgres_engine(url: str) -> AsyncEngine:
    given = make_url(url)
    linked = given.set(query=_POSTGRES_LINK | given.query)
    return create_async_engine(
        linked,
        pool_size=10,
        pool_pre_ping=True,
        pool_timeout=sqlite.BUSY_TIMEOUT_S,
        hide_parameters=True,  # errors go into the log, and parameters may be secrets
    )


@asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    try:
        yield
    except DataError as error:
        raise Invalid(Text("There is a value that no row can hold."), detail=str(error)) from error
    except _OUTAGES as error:
        if disk.is_full(error):
            raise disk.full(str(error)) from error
        raise Unavailable(
            Text("The database does not answer; try again in a moment."), detail=str(error)
        ) from error
