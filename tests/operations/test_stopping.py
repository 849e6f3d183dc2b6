"""Stopping, and what the next start finds."""

import asyncio

import pytest
from sqlalchemy import update

from moorage.kit.db import Database
from moorage.kit.errors import Conflict
from moorage.operations import service as operations
from moorage.operations.models import Operation
from moorage.operations.run import Run
from moorage.operations.runner import Job
from tests.make.operations import ended, make_operation
from tests.operations.conftest import Perform

pytestmark = pytest.mark.anyio


class Stuck:
    """A job that does not end before it is let go."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.let_go = asyncio.Event()

    async def do(self, run: Run) -> None:
        """Begin a step and wait."""
        await run.step("Dig", self._dig)

    async def _dig(self) -> None:
        self.begun.set()
        await self.let_go.wait()


async def nothing(_run: Run) -> None:
    """Succeed at once."""


async def test_what_was_cut_off_is_performed_again_at_the_next_start(
    db: Database, perform: Perform
) -> None:
    stuck, again = Stuck(), Stuck()
    again.let_go.set()
    operation = await make_operation(db)
    runner = perform({"test": Job(stuck.do)})
    await stuck.begun.wait()

    await runner.stop()
    async with db.read() as session:
        left = await operations.get(session, operation.id)
    perform({"test": Job(again.do)})

    assert left.status == "running"
    found = await ended(db, operation)
    assert found.status == "succeeded"
    assert [step["name"] for step in found.steps] == ["Dig"]


async def test_a_stop_ends_though_the_database_takes_nothing(
    db: Database, database_url: str, perform: Perform
) -> None:
    begun, locked, told = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def tell(run: Run) -> None:
        begun.set()
        await locked.wait()
        await run.say("It goes on.")
        told.set()
        await asyncio.Event().wait()

    operation = await make_operation(db)
    runner = perform({"test": Job(tell)})
    await begun.wait()
    other = Database(database_url)
    async with other.begin() as session:
        await session.execute(update(Operation).values(progress=1))
        locked.set()
        await told.wait()

        await runner.stop()

    await other.close()
    async with db.read() as session:
        assert not (await operations.get(session, operation.id)).is_ended


async def test_an_undo_that_was_cut_off_is_taken_up_without_performing_again(
    db: Database, perform: Perform
) -> None:
    stuck = Stuck()
    undone: list[str] = []

    async def fail(_run: Run) -> None:
        raise Conflict("There is a pipe.")

    async def undo(run: Run) -> None:
        undone.append(run.id)

    operation = await make_operation(db)
    runner = perform({"test": Job(fail, stuck.do)})
    await stuck.begun.wait()
    await runner.stop()
    perform({"test": Job(nothing, undo)})

    found = await ended(db, operation)
    assert (found.status, found.error) == ("failed", "There is a pipe.")
    assert undone == [operation.id]


async def test_stopping_lets_what_runs_end_within_the_grace(db: Database, perform: Perform) -> None:
    stuck = Stuck()
    operation = await make_operation(db)
    runner = perform({"test": Job(stuck.do)}, grace_s=10)
    await stuck.begun.wait()

    stopping = asyncio.create_task(runner.stop())
    stuck.let_go.set()
    await stopping

    async with db.read() as session:
        assert (await operations.get(session, operation.id)).status == "succeeded"
    assert not runner.is_alive


async def test_a_stopped_runner_takes_nothing_more(db: Database, perform: Perform) -> None:
    runner = perform({"test": Job(nothing)})
    await ended(db, await make_operation(db))

    await runner.stop()
    operation = await make_operation(db)

    waited = await operations.wait(db, operation.id, timeout_s=0.05)
    assert waited.status == "queued"
