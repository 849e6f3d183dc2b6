"""The news of an operation, for who watches it."""

import asyncio
from contextlib import aclosing

import pytest

from moorage.kit.db import Database
from moorage.operations.feed import Feed, News
from moorage.operations.run import Run
from moorage.operations.runner import Job
from tests.make.operations import ended, make_operation
from tests.operations.conftest import Perform

pytestmark = pytest.mark.anyio


async def work(run: Run) -> None:
    """Do two steps, and say something in one of them."""

    async def talk() -> None:
        await run.say("working")

    await run.step("First", talk)
    await run.step("Second", talk)


JOBS = {"test": Job(work, steps=2)}


async def news(db: Database, operation: str, *, after: int = 0) -> list[News]:
    """Return all there is to hear of an operation."""
    async with aclosing(Feed(db).follow(operation, after=after)) as told:
        return [one async for some in told for one in some]


def looking() -> bool:
    """Whether somebody looks for news."""
    return "feed" in {task.get_name() for task in asyncio.all_tasks()}


async def test_progress_is_told_beside_the_steps_that_bring_it(
    db: Database, perform: Perform
) -> None:
    perform(JOBS)
    operation = await make_operation(db)

    told = await news(db, operation.id)

    assert [one.kind for one in told if one.kind != "line"] == [
        "step", "step", "progress", "step", "step", "progress", "progress", "end",
    ]  # fmt: skip
    assert [one.data["progress"] for one in told if one.kind == "progress"] == [50, 99, 100]


async def test_who_comes_back_with_any_number_hears_exactly_the_rest(
    db: Database, perform: Perform
) -> None:
    perform(JOBS)
    operation = await ended(db, await make_operation(db))
    told = await news(db, operation.id)

    for place, one in enumerate(told):
        assert await news(db, operation.id, after=one.number) == told[place + 1 :]


async def test_what_another_process_does_is_heard(
    db: Database, database_url: str, perform: Perform
) -> None:
    elsewhere = Database(database_url)
    operation = await make_operation(db)

    async with asyncio.timeout(20):
        listening = asyncio.create_task(news(elsewhere, operation.id))
        perform(JOBS)
        told = await listening
    await elsewhere.close()

    assert told[-1].kind == "end"
    assert told == await news(db, operation.id)


async def test_nobody_looks_when_nobody_watches(db: Database) -> None:
    operation = await make_operation(db)

    async with aclosing(Feed(db).follow(operation.id)) as told:
        waiting = asyncio.ensure_future(anext(told))
        async with asyncio.timeout(10):
            while not looking():
                await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    async with asyncio.timeout(10):
        while looking():
            await asyncio.sleep(0)


async def test_an_operation_that_nobody_knows_has_no_news(db: Database) -> None:
    assert await news(db, "op_0") == []
