"""The schema that migrations make."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, pool, text

from moorage.kit.db import Base, async_url
from moorage.kit.errors import Unavailable
from moorage.migrations import sync_url, upgrade
from moorage.tables import METADATA


def test_migrations_make_the_tables_that_the_models_describe(database_url: str) -> None:
    ours = {
        mapper.class_.__tablename__
        for mapper in Base.registry.mappers
        if mapper.class_.__module__.startswith("moorage.")  # tests have tables of their own
    }

    upgrade(async_url(database_url))

    engine = create_engine(sync_url(async_url(database_url)))
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), METADATA)
    engine.dispose()
    assert ours
    assert [one for one in differences if ours & set(named(one))] == []


def test_an_upgrade_of_what_is_up_to_date_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "moorage.db"
    upgrade(f"sqlite:///{file}")
    before = file.read_bytes()

    upgrade(f"sqlite:///{file}")

    assert file.read_bytes() == before


def test_a_database_of_a_newer_release_is_left_as_it_is(database_url: str) -> None:
    url = async_url(database_url)
    upgrade(url)
    stamp(url, "9999")

    with pytest.raises(Unavailable, match=r"made by a newer release \(9999\)"):
        upgrade(url)


def test_a_database_that_cannot_be_used_is_named_without_its_password() -> None:
    with pytest.raises(Unavailable, match="MOORAGE_DATABASE_URL") as caught:
        upgrade("postgresql+psycopg://anna:hush@127.0.0.1:1/moorage?connect_timeout=2")

    assert "hush" not in caught.value.message


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "moorage.db"
    file.write_bytes(b"no database at all, but long enough to look at" * 40)

    with pytest.raises(Unavailable, match="file is not a database"):
        upgrade(f"sqlite:///{file}")


def stamp(url: str, revision: str) -> None:
    """Have a database say that it is of a revision."""
    with create_engine(sync_url(url), poolclass=pool.NullPool).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": revision})


def named(difference: object) -> list[str]:
    """Return the names in a difference, whatever its kind."""
    if isinstance(difference, list | tuple):
        return [name for part in difference for name in named(part)]
    return [str(getattr(difference, "name", difference)), str(getattr(difference, "table", ""))]
