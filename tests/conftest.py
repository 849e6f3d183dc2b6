"""What every test may ask for."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from moorage.kit.db import Database
from moorage.tables import METADATA
from tests.make.postgres import Postgres, running_postgres
from tests.make.redis import RedisServer, running_redis

# How long an example takes says how busy the machine is, and nothing about what is tested.
settings.register_profile("moorage", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("moorage")


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


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server of this worker's own; a test that breaks it starts it again."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A Redis server of this worker's own; a test that breaks it starts it again."""
    with running_redis() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Run the test on each database that we support, on an empty one."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'moorage.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.create_database()
