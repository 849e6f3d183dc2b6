"""A full disk is told, on each database."""

import shutil
from collections import namedtuple
from pathlib import Path

import pytest
from sqlalchemy import text

from moorage.kit.db import Database
from moorage.kit.errors import Unavailable

pytestmark = pytest.mark.anyio

FILL = {
    "sqlite": ["PRAGMA max_page_count = 1", "CREATE TABLE more (word TEXT)"],
    "postgres": ["DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$"],
}


async def test_a_full_disk_is_told_with_what_to_do_about_it(database_url: str) -> None:
    db = Database(database_url)

    async def write() -> None:
        async with db.begin() as session:
            for statement in FILL["sqlite" if db.is_sqlite else "postgres"]:
                await session.execute(text(statement))

    with pytest.raises(Unavailable, match=r"disk of the database is full.* free some space"):
        await write()

    await db.close()


async def test_a_disk_that_is_nearly_full_is_seen_before_a_write_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = Database(f"sqlite:///{tmp_path / 'notes.db'}")
    await db.check()
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1 << 40, 1 << 40, 1 << 20))

    with pytest.raises(Unavailable, match="disk"):
        await db.check()

    await db.close()
