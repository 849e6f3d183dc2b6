"""Cancelling: what is made is taken back, and the subject stays taken until then."""

import asyncio
from functools import partial

import pytest

from moorage.kit.db import Database
from moorage.kit.errors import Conflict, Failed, Unavailable
from moorage.operations import service as operations
from moorage.operations.models import Operation
from moorage.operations.run import Run
from moorage.operations.runner import Job
from tests.make.operations import ended, make_operation
from tests.operations.conftest import Perform

pytestmark = pytest.mark.anyio


class Digging:
    """A job that says a line again and again until it is stopped."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.undone: list[str] = []

    async def do(self, run: Run) -> None:
        """Dig for ever."""
        await run.step("Dig", partial(self._dig, run))

    async def undo(self, run: Run) -> None:
        """Fill the hole."""
        self.undone.append(run.id)

    async def _dig(self, run: Run) -> None:
        while True:
            self.begun.set()
            await run.check()
            await asyncio.sleep(0.01)


async def cancel(db: Database, operation: Operation) -> Operation:
    """Ask for it."""
    async with db.begin() as session:
        return await operations.cancel(session, await operations.get(session, operation.id))


async def test_what_runs_is_stopped_and_undone(db: Database, perform: Perform) -> None:
    digging = Digging()
    operation = await make_operation(db)
    perform({"test": Job(digging.do, digging.undo)})
    await digging.begun.wait()

    await cancel(db, operation)

    found = await ended(db, operation)
    assert (found.status, found.error) == ("cancelled", "It was cancelled.")
    assert found.steps[0]["status"] == "cancelled"
    assert digging.undone == [operation.id]


async def test_what_is_cancelled_at_its_last_moment_is_undone_once(
    db: Database, perform: Perform
) -> None:
    performed, undone = [], []
    operation = await make_operation(db)

    async def do(run: Run) -> None:
        performed.append(run.id)
        await cancel(db, operation)

    async def undo(run: Run) -> None:
        undone.append(run.id)

    perform({"test": Job(do, undo)})

    assert (await ended(db, operation)).status == "cancelled"
    assert (len(performed), len(undone)) == (1, 1)


async def test_what_has_not_begun_is_undone_without_being_performed(
    db: Database, perform: Perform
) -> None:
    digging = Digging()
    operation = await make_operation(db)

    await cancel(db, operation)
    perform({"test": Job(digging.do, digging.undo)})

    assert (await ended(db, operation)).status == "cancelled"
    assert not digging.begun.is_set()
    assert digging.undone == [operation.id]


async def test_what_waits_for_its_next_try_is_cancelled_at_once(
    db: Database, perform: Perform
) -> None:
    async def do(_run: Run) -> None:
        raise Unavailable("The engine does not answer.")

    digging = Digging()
    operation = await make_operation(db)
    perform({"test": Job(do, digging.undo)})
    while (await operations.wait(db, operation.id, timeout_s=0.05)).attempts < 2:
        pass

    await cancel(db, operation)

    assert (await ended(db, operation)).status == "cancelled"
    assert digging.undone == [operation.id]


async def test_the_next_operation_of_the_subject_waits_for_the_undo(
    db: Database, perform: Perform
) -> None:
    digging, order = Digging(), []
    undo_may_end = asyncio.Event()

    async def undo(_run: Run) -> None:
        order.append("undo")
        await undo_may_end.wait()
        order.append("undone")

    async def follow(_run: Run) -> None:
        order.append("next")

    operation = await make_operation(db)
    following = await make_operation(db, "next")
    perform({"test": Job(digging.do, undo), "next": Job(follow)})
    await digging.begun.wait()
    await cancel(db, operation)
    while not order:
        await asyncio.sleep(0)
    undo_may_end.set()

    await ended(db, following)
    assert order == ["undo", "undone", "next"]


async def test_it_is_refused_past_the_point_of_no_return(db: Database, perform: Perform) -> None:
    passed, go_on = asyncio.Event(), asyncio.Event()

    async def do(run: Run) -> None:
        await run.point_of_no_return()
        passed.set()
        await go_on.wait()

    operation = await make_operation(db)
    perform({"test": Job(do)})
    await passed.wait()

    with pytest.raises(Conflict, match="too late"):
        await cancel(db, operation)
    go_on.set()
    assert (await ended(db, operation)).status == "succeeded"


async def test_what_was_cancelled_does_not_end_well(db: Database, perform: Perform) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    undone: list[str] = []

    async def do(run: Run) -> None:
        begun.set()
        await go_on.wait()
        async with run.end():
            pass

    async def undo(run: Run) -> None:
        undone.append(run.id)

    operation = await make_operation(db)
    perform({"test": Job(do, undo)})
    await begun.wait()
    await cancel(db, operation)
    go_on.set()

    assert (await ended(db, operation)).status == "cancelled"
    assert undone == [operation.id]


async def test_a_cancel_that_came_first_stops_before_the_point_of_no_return(
    db: Database, perform: Perform
) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    removed: list[str] = []

    async def do(run: Run) -> None:
        begun.set()
        await go_on.wait()
        await run.point_of_no_return()
        removed.append(run.id)

    operation = await make_operation(db)
    perform({"test": Job(do)})
    await begun.wait()
    await cancel(db, operation)
    go_on.set()

    assert (await ended(db, operation)).status == "cancelled"
    assert removed == []


async def test_asking_twice_is_the_same_as_once(db: Database, perform: Perform) -> None:
    operation = await make_operation(db)

    first = await cancel(db, operation)
    second = await cancel(db, operation)

    assert first.cancel_requested_at == second.cancel_requested_at


async def test_what_has_ended_cannot_be_cancelled(db: Database, perform: Perform) -> None:
    async def do(_run: Run) -> None:
        pass

    operation = await make_operation(db)
    perform({"test": Job(do)})
    await ended(db, operation)

    with pytest.raises(Conflict, match="has ended"):
        await cancel(db, operation)


async def test_what_was_cancelled_can_be_tried_again(db: Database, perform: Perform) -> None:
    async def do(_run: Run) -> None:
        pass

    operation = await make_operation(db)
    await cancel(db, operation)
    perform({"test": Job(do)})
    await ended(db, operation)

    async with db.begin() as session:
        await operations.retry(session, await operations.get(session, operation.id))

    found = await ended(db, operation)
    assert (found.status, found.cancel_requested_at) == ("succeeded", None)


async def test_only_what_failed_or_was_cancelled_is_tried_again(db: Database) -> None:
    operation = await make_operation(db)

    with pytest.raises(Conflict, match="this one is queued"):
        async with db.begin() as session:
            await operations.retry(session, await operations.get(session, operation.id))


async def test_a_failure_while_a_cancel_is_asked_for_ends_as_the_failure(
    db: Database, perform: Perform
) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def do(_run: Run) -> None:
        begun.set()
        await go_on.wait()
        raise Failed("It broke.")

    operation = await make_operation(db)
    perform({"test": Job(do)})
    await begun.wait()
    await cancel(db, operation)
    go_on.set()

    found = await ended(db, operation)
    assert (found.status, found.error) == ("failed", "It broke.")
