"""Processes whose jobs the test writes, on each kind of queue."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Protocol

import pytest

from moorage.config import Settings
from moorage.kit.db import Database
from moorage.operations.queue import Queue
from moorage.operations.runner import Ended, Job, Runner
from moorage.tables import METADATA
from moorage.world import make_queue


class Perform(Protocol):
    """Starts what performs operations, as a process would; it is stopped at the end."""

    def __call__(
        self,
        jobs: dict[str, Job],
        *,
        at_once: int = 8,
        per_server: int = 8,
        grace_s: float = 0,
        ended: Ended = ...,
    ) -> Queue: ...


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """Give the test an empty database of each kind, and so each kind of queue."""
    database = Database(database_url)
    await database.create_all(METADATA)
    yield database
    await database.close()


@pytest.fixture
async def perform(db: Database, tmp_path: Path) -> AsyncIterator[Perform]:
    """Give what starts a process; each is stopped at the end, if the test did not do it."""
    async with AsyncExitStack() as stack:

        def start(
            jobs: dict[str, Job],
            *,
            at_once: int = 8,
            per_server: int = 8,
            grace_s: float = 0,
            ended: Ended = lambda kind, status, seconds: None,
        ) -> Queue:
            settings = Settings(
                data_dir=tmp_path,
                operations_at_once=at_once,
                operations_per_server=per_server,
                stop_grace_s=grace_s,
            )
            queue = make_queue(settings, db)
            queue.start(Runner(db, jobs, ended=ended).perform)
            stack.push_async_callback(queue.stop)
            return queue

        yield start
