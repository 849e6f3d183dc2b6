"""Sessions and commits, on real databases."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import MetaData, func, select, text
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Mapped, mapped_column

from moorage.kit import sqlite as kit_sqlite
from moorage.kit.db import Base, Database, async_url, save
from moorage.kit.errors import Conflict, Unavailable

pytestmark = pytest.mark.anyio


class Scrap(Base):
    """Keeps this file's table out of the schema."""

    __abstract__ = True
    metadata = MetaData()


class Note(Scrap):
    """A row with a unique name."""

    __tablename__ = "test_notes"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime | None]


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """Give the test the table of notes, on each kind of database."""
    database = Database(database_url)
    await database.create_all(Scrap.metadata)
    yield database
    await database.close()


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[Database]:
    """Give the test the table of notes, on SQLite."""
    database = Database(f"sqlite:///{tmp_path / 'notes.db'}")
    await database.create_all(Scrap.metadata)
    yield database
    await database.close()


async def names(db: Database) -> list[str]:
    async with db.read() as session:
        return list(await session.scalars(select(Note.name).order_by(Note.name)))


async def test_a_session_commits_when_its_block_ends_well(db: Database) -> None:
    async with db.begin() as session:
        session.add(Note(name="a"))

    assert await names(db) == ["a"]


async def add_while_reading(db: Database) -> None:
    async with db.read() as session:
        session.add(Note(name="a"))
        await session.flush()


async def add_and_fail(db: Database) -> None:
    async with db.begin() as session:
        session.add(Note(name="a"))
        await session.flush()
        raise ValueError("on purpose")


async def test_a_session_rolls_back_when_its_block_fails(db: Database) -> None:
    with pytest.raises(ValueError, match="on purpose"):
        await add_and_fail(db)

    assert await names(db) == []


async def test_a_reading_session_cannot_write_on_sqlite(sqlite: Database) -> None:
    with pytest.raises(Unavailable):
        await add_while_reading(sqlite)

    assert await names(sqlite) == []


async def test_saving_what_is_there_already_is_a_conflict_and_the_session_goes_on(
    db: Database,
) -> None:
    async with db.begin() as session:
        await save(session, Note(name="a"), if_taken="never")
        with pytest.raises(Conflict, match=r"^There is an 'a'\.$") as refused:
            await save(session, Note(name="b"), Note(name="a"), if_taken="There is an 'a'.")
        await save(session, Note(name="c"), if_taken="never")

    assert await names(db) == ["a", "c"]
    assert "UNIQUE" in (refused.value.detail or "").upper()


async def test_times_come_back_as_the_same_moment_in_utc(db: Database) -> None:
    in_delhi = datetime(2025, 1, 1, 3, 30, 0, 123456, timezone(timedelta(hours=5, minutes=30)))
    async with db.begin() as session:
        session.add_all([Note(name="a", at=in_delhi), Note(name="b", at=None)])

    async with db.read() as session:
        times = list(await session.scalars(select(Note.at).order_by(Note.name)))

    assert times == [datetime(2024, 12, 31, 22, 0, 0, 123456, UTC), None]
    assert times[0] is not None
    assert times[0].tzinfo is UTC


async def test_a_time_without_a_zone_is_refused(db: Database) -> None:
    with pytest.raises(StatementError, match="without time zone"):
        async with db.begin() as session:
            await session.execute(select(Note).where(Note.at < datetime(2025, 1, 1)))


async def test_foreign_keys_hold_and_commits_reach_the_disk_on_sqlite(sqlite: Database) -> None:
    async with sqlite.begin() as session:
        answers = [
            await session.scalar(text(f"PRAGMA {pragma}"))
            for pragma in ("foreign_keys", "journal_mode", "synchronous")
        ]

    assert answers == [1, "wal", 2]


async def test_a_reader_does_not_wait_for_a_writer(db: Database) -> None:
    async with db.begin() as session:
        session.add(Note(name="a"))
        await session.flush()

        assert await names(db) == []


async def test_writers_of_several_processes_lose_nothing_and_never_find_it_locked(
    tmp_path: Path,
) -> None:
    # Each Database has connections of its own, as each process would.
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    databases = [Database(url) for _ in range(4)]
    await databases[0].create_all(Scrap.metadata)
    async with databases[0].begin() as session:
        session.add(Note(name="0"))

    async def count_up(database: Database) -> None:
        for _ in range(10):
            async with database.begin() as session:
                note = (await session.scalars(select(Note))).one()
                await session.delete(note)
                await session.flush()
                session.add(Note(name=str(int(note.name) + 1)))

    await asyncio.gather(*[count_up(each) for each in databases for _ in range(3)])

    assert await names(databases[0]) == ["120"]
    for each in databases:
        await each.close()


async def test_those_that_open_a_new_file_at_once_never_find_it_locked(tmp_path: Path) -> None:
    databases = [Database(f"sqlite:///{tmp_path / 'new.db'}") for _ in range(8)]

    async def open_it(database: Database) -> int | None:
        async with database.begin() as session:
            return await session.scalar(select(func.count()).select_from(text("sqlite_master")))

    assert await asyncio.gather(*map(open_it, databases)) == [0] * 8
    for each in databases:
        await each.close()


@pytest.mark.parametrize("same_process", [True, False])
async def test_a_writer_that_waits_too_long_is_told_so_without_internals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, same_process: bool
) -> None:
    monkeypatch.setattr(kit_sqlite, "BUSY_TIMEOUT_S", 0.1)
    url = f"sqlite:///{tmp_path / 'busy.db'}"
    first = Database(url)
    second = first if same_process else Database(url)

    async with first.begin() as session:
        await session.scalar(select(1))
        with pytest.raises(Unavailable, match="does not answer") as refused:
            await _touch(second)

    assert "busy.db" not in refused.value.message
    assert refused.value.detail
    await first.close()
    await second.close()


async def _touch(db: Database) -> None:
    async with db.begin() as session:
        await session.scalar(select(1))


async def test_a_timeout_of_the_block_itself_is_not_the_databases_fault(db: Database) -> None:
    async def wait_for_something_else() -> None:
        async with db.begin():
            raise TimeoutError

    with pytest.raises(TimeoutError):
        await wait_for_something_else()


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("sqlite:///a.db", "sqlite+aiosqlite:///a.db"),
        ("postgresql://u:p%40w@h/db", "postgresql+psycopg://u:p%40w@h/db"),
        ("mysql+aiomysql://u:p@h/db", "mysql+aiomysql://u:p@h/db"),
    ],
)
def test_a_url_gets_the_driver_that_we_use(given: str, used: str) -> None:
    assert async_url(given) == used


def test_libpq_is_told_what_the_url_says_whatever_its_characters() -> None:
    db = Database("postgresql://anna:a%20b+'%2F%25@host:5/db?options=-c%20lock_timeout%3D5")

    told = conninfo_to_dict(db.conninfo)

    wanted = {
        "host": "host", "port": "5", "dbname": "db", "user": "anna", "password": "a b+'/%",
        "options": "-c lock_timeout=5", "keepalives_idle": "5",
    }  # fmt: skip
    assert told | wanted == told
