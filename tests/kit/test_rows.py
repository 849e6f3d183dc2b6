"""Small reads past the ORM and past the driver's thread, on real databases."""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import JSON, MetaData, bindparam, select, update
from sqlalchemy.orm import Mapped, mapped_column

from moorage.kit import sqlite
from moorage.kit.db import Base, Database
from moorage.kit.errors import Unavailable
from moorage.kit.rows import Direct, Query, Values

pytestmark = pytest.mark.anyio

AT = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)
Row = tuple[str, int, bool, dict[str, str], datetime | None]


class Scrap(Base):
    """Keeps this file's table out of the schema."""

    __abstract__ = True
    metadata = MetaData()


class Card(Scrap):
    """A row with a column of each type that we use."""

    __tablename__ = "test_cards"

    name: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
    is_red: Mapped[bool]
    labels: Mapped[dict[str, str]] = mapped_column(JSON)
    at: Mapped[datetime | None]


def _as_they_are(rows: Sequence[Row], _values: Values) -> Sequence[Row]:
    return rows


CARDS = Query(
    select(Card.name, Card.number, Card.is_red, Card.labels, Card.at)
    .where(Card.name >= bindparam("name"))
    .order_by(Card.name)
    .limit(bindparam("limit")),
    _as_they_are,
)


async def opened(url: str) -> Database:
    database = Database(url)
    await database.create_all(Scrap.metadata)
    async with database.begin() as session:
        session.add(Card(name="a", number=1, is_red=True, labels={"k": "v"}, at=AT))
        session.add(Card(name="b", number=2, is_red=False, labels={}, at=None))
    return database


@pytest.fixture
async def cards(database_url: str) -> AsyncIterator[Database]:
    """Give the test two cards, on SQLite and on PostgreSQL."""
    database = await opened(database_url)
    yield database
    await database.close()


async def names(db: Database) -> list[str]:
    return [row[0] for row in await db.answer(CARDS, name="", limit=10)]


async def change_number(db: Database, number: int) -> None:
    async with db.begin() as session:
        await session.execute(update(Card).values(number=number))


async def test_values_come_back_as_their_types(cards: Database) -> None:
    rows = await cards.answer(CARDS, name="a", limit=10)

    assert [tuple(row) for row in rows] == [
        ("a", 1, True, {"k": "v"}, AT),
        ("b", 2, False, {}, None),
    ]
    assert rows[0][4] is not None
    assert rows[0][4].utcoffset() == AT.utcoffset()


async def test_parameters_choose_the_rows(cards: Database) -> None:
    assert [row[0] for row in await cards.answer(CARDS, name="b", limit=10)] == ["b"]
    assert [row[0] for row in await cards.answer(CARDS, name="", limit=1)] == ["a"]
    assert not await cards.answer(CARDS, name="c", limit=10)


async def test_every_answer_is_of_the_latest_commit_of_any_process(database_url: str) -> None:
    ours = await opened(database_url)
    theirs = Database(database_url)  # with connections of its own, as another process would
    seen = []

    for number, writer in ((10, theirs), (11, ours), (12, theirs)):
        await change_number(writer, number)
        seen.append(
            [(await each.answer(CARDS, name="b", limit=1))[0][1] for each in (ours, theirs)]
        )

    assert seen == [[10, 10], [11, 11], [12, 12]]
    await ours.close()
    await theirs.close()


async def test_what_is_not_committed_is_not_answered_and_holds_nobody_up(cards: Database) -> None:
    async with cards.begin() as session:
        await session.execute(update(Card).values(number=99))
        rows = await cards.answer(CARDS, name="", limit=10)

    assert [row[1] for row in rows] == [1, 2]


async def test_the_same_answer_is_made_once_until_somebody_commits(tmp_path: Path) -> None:
    db = await opened(f"sqlite:///{tmp_path / 'moorage.db'}")
    first = await db.answer(CARDS, name="", limit=10)

    again = await db.answer(CARDS, name="", limit=10)
    await change_number(db, 3)
    later = await db.answer(CARDS, name="", limit=10)

    assert again is first
    assert [row[1] for row in later] == [3, 3]
    await db.close()


async def test_what_is_kept_of_answers_has_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moorage.kit.rows._ROWS_KEPT", 10)
    db = await opened(f"sqlite:///{tmp_path / 'moorage.db'}")

    for limit in range(1, 100):
        await db.answer(CARDS, name="", limit=limit)

    assert db._direct is not None
    assert len(db._direct._kept) < 10
    await db.close()


async def test_a_small_read_cannot_write(tmp_path: Path) -> None:
    db = await opened(f"sqlite:///{tmp_path / 'moorage.db'}")
    await names(db)

    assert db._direct is not None
    assert db._direct._connection is not None
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        db._direct._connection.execute("DELETE FROM test_cards")
    await db.close()


async def test_a_locked_file_is_waited_for_elsewhere_and_then_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_S", 0.1)
    file = tmp_path / "moorage.db"
    await (await opened(f"sqlite:///{file}")).close()
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("PRAGMA locking_mode=EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    db = Database(f"sqlite:///{file}")

    with pytest.raises(Unavailable, match="does not answer"):
        await names(db)
    holder.close()

    assert await names(db) == ["a", "b"]
    await db.close()


async def test_a_small_read_makes_no_file(tmp_path: Path) -> None:
    file = tmp_path / "moorage.db"

    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        Direct(str(file)).answer(CARDS, {"name": "", "limit": 1})

    assert not file.exists()


async def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "50% #1 é"
    folder.mkdir()

    db = await opened(f"sqlite:///{folder}/moorage.db")

    assert await names(db) == ["a", "b"]
    assert db._direct is not None
    assert db._direct._connection is not None
    await db.close()
