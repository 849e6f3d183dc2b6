"""What every test may ask for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from moorage.kit.db import Database
from moorage.tables import METADATA


@pytest.fixture
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio, as the service does."""
    return "asyncio"


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    """Give the test an SQLite file of its own, with all tables."""
    database = Database(f"sqlite:///{tmp_path / 'moorage.db'}")
    await database.create_all(METADATA)
    yield database
    await database.close()
