"""SQLite connections: whoever had one may be cancelled, also twice, and nothing stays behind."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from moorage.kit import sqlite
from moorage.kit.db import Database

pytestmark = pytest.mark.anyio

# Some milliseconds of work, so that it is cut off in the middle.
SLOW = text(
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 20000) "
    "SELECT count(*) FROM n"
)


@pytest.mark.parametrize("cancels", [1, 2, 3])
async def test_a_cancelled_reader_leaves_no_task_and_no_connection(
    tmp_path: Path, cancels: int
) -> None:
    before = asyncio.all_tasks()
    for _ in range(20):
        db = Database(f"sqlite:///{tmp_path / 'moorage.db'}")
        reading = [asyncio.create_task(read_on(db)) for _ in range(3)]
        async with db.read() as session:
            await session.execute(SLOW)

        for _ in range(cancels):
            for task in reading:
                task.cancel()
            await asyncio.sleep(0)
        await asyncio.wait(reading)
        await db.close()

        left = asyncio.all_tasks() - before
        if left:
            await asyncio.wait(left, timeout=10)
        assert {task for task in left if not task.done()} == set()


def test_nothing_answers_to_an_event_loop_that_is_closed(tmp_path: Path) -> None:
    async def open_and_leave(after: int) -> None:
        db = Database(f"sqlite:///{tmp_path / 'moorage.db'}")
        reading = asyncio.create_task(read_on(db))
        for _ in range(after):  # in the middle of opening it
            await asyncio.sleep(0)
        reading.cancel()
        await asyncio.wait([reading])
        await db.close()

    for turns in range(60):
        asyncio.run(open_and_leave(turns))  # a thread that fails is an error of this test


async def read_on(db: Database) -> None:
    """Read until somebody cancels it."""
    while True:
        async with db.read() as session:
            await session.execute(SLOW)


async def test_a_writer_that_was_cut_off_keeps_nobody_waiting(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'moorage.db'}"
    cut_off, other = (
        sqlite.open_engine(url, opened=sqlite.Connections(), connections=1) for _ in range(2)
    )
    async with cut_off.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        await driver.execute("CREATE TABLE numbers (number INTEGER)")
        await driver.execute("INSERT INTO numbers VALUES (1), (2)")
        await driver.execute("BEGIN IMMEDIATE")
        rows = await driver.execute("SELECT * FROM numbers")  # held, as a traceback may do
        await rows.fetchone()

        await driver.stop()

        async with other.connect() as writing:
            await writing.execute(text("PRAGMA busy_timeout = 0"))
            await writing.execute(text("INSERT INTO numbers VALUES (3)"))
        await connection.invalidate()
    await cut_off.dispose()
    await other.dispose()
