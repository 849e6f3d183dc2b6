"""Who waits for a topic is woken by the commits that touch it, of this process or of another."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text

from moorage.kit.db import Database, wake
from tests.make.postgres import Postgres

pytestmark = pytest.mark.anyio

TIMEOUT_S = 20

Opened = Callable[[], Database]


@pytest.fixture
async def opened(postgres: Postgres) -> AsyncIterator[Opened]:
    """Return what opens one PostgreSQL database as another process would."""
    url = postgres.create_database()
    databases: list[Database] = []

    def open_it() -> Database:
        databases.append(Database(url))
        return databases[-1]

    yield open_it
    for each in databases:
        await each.close()


async def touch(db: Database, *topics: str, everywhere: bool = True) -> None:
    async with db.begin() as session:
        for topic in topics:
            wake(session, topic, everywhere=everywhere)


async def touch_and_fail(db: Database, topic: str) -> None:
    async with db.begin() as session:
        wake(session, topic)
        raise ValueError("on purpose")


@asynccontextmanager
async def hearing(db: Database, topic: str) -> AsyncIterator[asyncio.Event]:
    """Listen to a topic, and go on once other processes are heard."""
    async with db.wakes.listen(topic) as woken:
        await trusts(db, woken, 5)
        yield woken


async def trusts(db: Database, woken: asyncio.Event, look_again_s: float) -> None:
    """Return once the listener, woken each time, finds that it may sleep for so long."""
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            woken.clear()
            if db.wakes.look_again_s == look_again_s:
                return
            await woken.wait()


async def is_woken(woken: asyncio.Event) -> bool:
    async with asyncio.timeout(TIMEOUT_S):
        return await woken.wait()


async def test_a_commit_wakes_those_who_listen_to_its_topic(db: Database) -> None:
    async with db.wakes.listen("notes") as mine, db.wakes.listen("others") as other:
        async with db.begin() as session:
            wake(session, "notes")
            assert not mine.is_set()

        assert mine.is_set()
        assert not other.is_set()


async def test_a_rollback_wakes_nobody(db: Database) -> None:
    async with db.wakes.listen("notes") as mine:
        with pytest.raises(ValueError, match="on purpose"):
            await touch_and_fail(db, "notes")

        assert not mine.is_set()


async def test_a_topic_is_forgotten_with_its_last_listener(db: Database) -> None:
    async with db.wakes.listen("notes"), db.wakes.listen("notes"):
        pass
    db.wakes.touch("notes")

    assert not db.wakes._waiting


async def test_the_end_of_the_process_wakes_everybody(db: Database) -> None:
    async with db.wakes.listen("notes") as mine, db.wakes.listen("others") as other:
        db.wakes.close()

        assert mine.is_set()
        assert other.is_set()
        assert db.wakes.is_closed


async def test_listeners_on_sqlite_look_often_for_the_commits_of_other_processes(
    db: Database,
) -> None:
    async with db.wakes.listen("notes"):
        assert db.wakes.look_again_s == 0.5


@pytest.mark.postgres
async def test_a_commit_wakes_the_listeners_of_every_process(opened: Opened) -> None:
    one, two, three = opened(), opened(), opened()

    async with (
        hearing(one, "notes") as mine,
        hearing(two, "notes") as another,
        hearing(two, "others") as other,
    ):
        await touch(three, "notes", "nobody's")

        assert await is_woken(mine)
        assert await is_woken(another)
        assert not other.is_set()


@pytest.mark.postgres
async def test_what_is_rolled_back_wakes_no_other_process(opened: Opened) -> None:
    one, two = opened(), opened()

    async with hearing(one, "notes") as mine, hearing(one, "end") as end:
        with pytest.raises(ValueError, match="on purpose"):
            await touch_and_fail(two, "notes")
        await touch(two, "end")  # commits are heard in their order

        assert await is_woken(end)
        assert not mine.is_set()


@pytest.mark.postgres
async def test_a_topic_of_this_process_wakes_no_other(opened: Opened) -> None:
    one, two = opened(), opened()

    async with hearing(one, "notes") as mine, hearing(one, "end") as end:
        async with two.wakes.listen("notes") as another:
            await touch(two, "notes", everywhere=False)
            assert another.is_set()
        await touch(two, "end")

        assert await is_woken(end)
        assert not mine.is_set()


@pytest.mark.postgres
async def test_a_commit_wakes_its_own_process_only_once(opened: Opened) -> None:
    one, two = opened(), opened()

    async with hearing(one, "notes") as mine, hearing(one, "end") as end:
        await touch(one, "notes")
        assert mine.is_set()
        mine.clear()
        await touch(two, "end")

        assert await is_woken(end)
        assert not mine.is_set()


@pytest.mark.postgres
async def test_everybody_is_woken_when_the_server_goes_and_when_it_is_back(
    opened: Opened, postgres: Postgres
) -> None:
    one, two = opened(), opened()

    async with hearing(one, "notes") as mine, hearing(one, "others") as other:
        postgres.stop("immediate")
        await trusts(one, mine, 0.5)
        assert await is_woken(other)
        other.clear()

        postgres.start()
        await trusts(one, mine, 5)
        assert await is_woken(other)

        await touch(two, "notes")
        assert await is_woken(mine)


@pytest.mark.postgres
async def test_a_connection_that_is_cut_is_made_again(opened: Opened) -> None:
    one, two = opened(), opened()

    async with hearing(one, "notes") as mine:
        async with two.begin() as session:
            await session.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND query = 'LISTEN moorage'"
                )
            )
        assert await is_woken(mine)
        await trusts(one, mine, 5)

        await touch(two, "notes")
        assert await is_woken(mine)


@pytest.mark.postgres
async def test_a_closed_database_has_no_connection_left(opened: Opened) -> None:
    one, two = opened(), opened()
    async with hearing(one, "notes"):
        await touch(one, "notes")

    await one.close()

    async with asyncio.timeout(TIMEOUT_S):
        while await connections(two) > 1:
            await asyncio.sleep(0.01)


async def connections(db: Database) -> int:
    async with db.read() as session:
        counted = await session.scalar(
            text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        )
    return int(counted or 0)
