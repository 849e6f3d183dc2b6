"""A runner whose jobs the test writes."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from moorage.kit.db import Database
from moorage.operations.runner import Job, Runner

Perform = Callable[..., Runner]


@pytest.fixture
async def perform(db: Database, tmp_path: Path) -> AsyncIterator[Perform]:
    """Give what starts a runner; each is stopped at the end, if the test did not do it."""
    async with AsyncExitStack() as stack:

        def start(
            jobs: dict[str, Job],
            *,
            at_once: int = 8,
            ended: Callable[[str, str, float], None] = lambda kind, status, seconds: None,
        ) -> Runner:
            runner = Runner(db, jobs, at_once=at_once, turn_file=tmp_path / "turn", ended=ended)
            runner.start()
            stack.push_async_callback(runner.stop, grace_s=0)
            return runner

        yield start
