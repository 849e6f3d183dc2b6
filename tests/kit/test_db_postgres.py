"""A PostgreSQL server that goes away: whoever uses it gets an answer, or is told to try again."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import pytest
from sqlalchemy import MetaData, select, text
from sqlalchemy.orm import Mapped, mapped_column

from moorage.kit.db import Base, Database, save
from moorage.kit.errors import Unavailable
from tests.make.postgres import Postgres

pytestmark = [pytest.mark.anyio, pytest.mark.postgres]


class Scrap(Base):
    """Keeps this file's table out of the schema."""

    __abstract__ = True
    metadata = MetaData()


class Leaf(Scrap):
    """A row with a name."""

    __tablename__ = "test_leaves"

    name: Mapped[str] = mapped_column(primary_key=True)


@pytest.fixture
async def db(postgres: Postgres) -> AsyncIterator[Database]:
    """Give the test a database with connections that have been used."""
    database = Database(postgres.create_database())
    await database.create_all(Scrap.metadata)
    async with database.read() as session, database.begin() as another:
        await session.execute(text("SELECT 1"))
        await save(another, Leaf(name="before"), if_taken="never")
    yield database
    await database.close()


async def names(db: Database) -> list[str]:
    async with db.read() as session:
        return list(await session.scalars(select(Leaf.name).order_by(Leaf.name)))


async def add(db: Database, name: str) -> None:
    async with db.begin() as session:
        session.add(Leaf(name=name))


async def read_while_it_crashes(db: Database, postgres: Postgres) -> None:
    async with db.read() as session:
        await session.execute(text("SELECT 1"))
        postgres.restart_immediately()
        await session.execute(text("SELECT 1"))


async def write_and_crash(db: Database, postgres: Postgres) -> None:
    async with db.begin() as session:
        session.add(Leaf(name="lost"))
        await session.flush()
        postgres.restart_immediately()


async def save_while_it_crashes(db: Database, postgres: Postgres) -> None:
    async with db.begin() as session:
        await session.execute(text("SELECT 1"))
        postgres.restart_immediately()
        await save(session, Leaf(name="lost"), if_taken="never")


async def fail_while_it_crashes(db: Database, postgres: Postgres) -> None:
    async with db.begin() as session:
        session.add(Leaf(name="lost"))
        await session.flush()
        postgres.restart_immediately()
        raise ValueError("on purpose")


async def test_after_a_crash_of_the_server_the_next_reader_and_writer_notice_nothing(
    db: Database, postgres: Postgres
) -> None:
    postgres.restart_immediately()

    assert await names(db) == ["before"]
    async with db.begin() as session:
        session.add(Leaf(name="after"))
    assert await names(db) == ["after", "before"]


@pytest.mark.parametrize(
    "interrupted",
    [read_while_it_crashes, write_and_crash, save_while_it_crashes, fail_while_it_crashes],
)
async def test_a_session_that_a_crash_interrupts_is_told_to_try_again(
    db: Database,
    postgres: Postgres,
    interrupted: Callable[[Database, Postgres], Awaitable[None]],
) -> None:
    with pytest.raises(Unavailable, match="does not answer; try again"):
        await interrupted(db, postgres)

    assert await names(db) == ["before"]


async def test_while_the_server_is_gone_everybody_is_told_to_try_again(
    db: Database, postgres: Postgres
) -> None:
    postgres.stop()
    try:
        with pytest.raises(Unavailable, match="does not answer; try again"):
            await names(db)
        with pytest.raises(Unavailable, match="does not answer; try again"):
            await add(db, "lost")
    finally:
        postgres.start()

    assert await names(db) == ["before"]


async def test_a_writer_that_waits_too_long_for_another_is_told_to_try_again(
    db: Database, postgres: Postgres
) -> None:
    impatient = Database(f"{db.url}?options=-c%20lock_timeout=50")

    async with db.begin() as session:
        await save(session, Leaf(name="mine"), if_taken="never")
        with pytest.raises(Unavailable, match="does not answer; try again"):
            await add(impatient, "mine")

    assert await names(db) == ["before", "mine"]
    await impatient.close()


async def test_a_writer_waits_for_another_no_longer_than_on_sqlite(db: Database) -> None:
    async with db.read() as session:
        assert await session.scalar(text("SHOW lock_timeout")) == "15s"


async def test_who_stands_still_in_a_transaction_loses_it_and_keeps_nobody_waiting(
    db: Database,
) -> None:
    frozen = Database(f"{db.url}?options=-c%20idle_in_transaction_session_timeout=50")

    async def stand_still() -> None:
        async with frozen.begin() as session:
            await save(session, Leaf(name="mine"), if_taken="never")
            await add(db, "mine")  # waits for what the other one may write

    with pytest.raises(Unavailable, match="does not answer; try again"):
        await stand_still()

    assert await names(db) == ["before", "mine"]
    async with db.read() as reading:
        assert await reading.scalar(text("SHOW idle_in_transaction_session_timeout")) == "5s"
    await frozen.close()


async def test_during_a_crash_nothing_that_was_committed_is_lost(
    db: Database, postgres: Postgres
) -> None:
    committed = {"before"}
    numbers = itertools.count()
    crash = asyncio.create_task(asyncio.to_thread(postgres.restart_immediately))

    async def keep_adding() -> None:
        while not crash.done():
            name = f"leaf {next(numbers)}"
            with suppress(Unavailable):
                await add(db, name)
                committed.add(name)
                await names(db)

    await asyncio.gather(crash, *[keep_adding() for _ in range(4)])

    assert committed <= set(await names(db))
