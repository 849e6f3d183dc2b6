"""Steps: done once, and remembered by name; what a cut or a failure leaves of them."""

import asyncio
from dataclasses import replace
from functools import partial

import pytest

from moorage.kit.db import Database
from moorage.kit.errors import Failed, Unavailable
from moorage.operations import service as operations
from moorage.operations.run import Run
from moorage.operations.runner import Job
from tests.make.operations import ended, events_of, make_operation
from tests.operations.conftest import Perform

pytestmark = pytest.mark.anyio


class Bakery:
    """A job of three steps that counts how often each is performed."""

    def __init__(self, *failures: Exception) -> None:
        self.performed: list[str] = []
        self.tasted: list[str] = []
        self.failures = list(failures)
        self.baking = asyncio.Event()
        self.stuck_at: str | None = None

    async def do(self, run: Run) -> None:
        """Mix, bake, taste."""
        dough = await run.step("Mix", partial(self._perform, "Mix", "dough"))
        bread = await run.step("Bake", partial(self._perform, "Bake", f"{dough} baked"))
        await run.step("Taste", partial(self._perform, "Taste", ""))
        self.tasted.append(bread)

    async def undo(self, run: Run) -> None:
        """Throw the bread away; the dough keeps."""

    async def _perform(self, name: str, result: str) -> str:
        self.performed.append(name)
        if self.stuck_at == name:
            self.baking.set()
            await asyncio.Event().wait()
        if name == "Bake" and self.failures:
            raise self.failures.pop(0)
        return result

    @property
    def job(self) -> Job:
        """Return what performs it."""
        return Job(self.do, self.undo, steps=3, kept=("Mix",))


async def test_a_step_that_was_done_before_a_cut_is_not_performed_again(
    db: Database, perform: Perform
) -> None:
    cut, second = Bakery(), Bakery()
    cut.stuck_at = "Bake"
    operation = await make_operation(db)
    process = perform({"test": cut.job})
    await cut.baking.wait()
    await process.stop()

    perform({"test": second.job})

    found = await ended(db, operation)
    assert second.performed == ["Bake", "Taste"]
    assert second.tasted == ["dough baked"]
    assert [step["status"] for step in found.steps] == ["succeeded"] * 3
    assert found.progress == 100


async def test_what_may_pass_is_tried_again_from_the_step_that_failed(
    db: Database, perform: Perform
) -> None:
    bakery = Bakery(Unavailable("The oven does not answer."))
    operation = await make_operation(db)

    perform({"test": bakery.job})

    found = await ended(db, operation)
    assert (found.status, found.error, found.attempts) == ("succeeded", None, 1)
    assert bakery.performed == ["Mix", "Bake", "Bake", "Taste"]


async def test_while_it_waits_for_the_next_try_it_says_why(db: Database, perform: Perform) -> None:
    bakery = Bakery(Unavailable("The oven does not answer."))
    operation = await make_operation(db)

    process = perform({"test": bakery.job})

    while not (waiting := await operations.wait(db, operation.id, timeout_s=0.05)).attempts:
        assert not waiting.is_ended
    await process.stop()
    assert (waiting.status, waiting.error) == ("queued", "The oven does not answer.")
    assert waiting.not_before is not None
    assert waiting.steps[-1]["status"] == "waiting"


async def test_what_will_not_pass_is_undone_at_once(db: Database, perform: Perform) -> None:
    bakery = Bakery(Failed("The oven exploded."))
    operation = await make_operation(db)

    perform({"test": bakery.job})

    found = await ended(db, operation)
    assert (found.status, found.error, found.error_kind) == (
        "failed",
        "The oven exploded.",
        "Failed",
    )
    assert bakery.performed == ["Mix", "Bake"]


async def test_a_retry_goes_on_from_the_first_step_that_is_not_done_or_was_undone(
    db: Database, perform: Perform
) -> None:
    bakery = Bakery(Failed("The oven exploded."))
    operation = await make_operation(db)
    perform({"test": bakery.job})
    await ended(db, operation)

    async with db.begin() as session:
        await operations.retry(session, await operations.get(session, operation.id))

    found = await ended(db, operation)
    assert (found.status, found.error) == ("succeeded", None)
    assert bakery.performed == ["Mix", "Bake", "Bake", "Taste"]


async def test_a_retry_performs_again_what_was_done_unless_an_undo_keeps_it(
    db: Database, perform: Perform
) -> None:
    bakery = Bakery(Failed("The oven exploded."))
    operation = await make_operation(db)
    perform({"test": replace(bakery.job, kept=())})
    failed = await ended(db, operation)

    async with db.begin() as session:
        await operations.retry(session, await operations.get(session, operation.id))

    await ended(db, operation)
    assert [step["status"] for step in failed.steps] == ["undone", "failed"]
    assert bakery.performed == ["Mix", "Bake", "Mix", "Bake", "Taste"]


async def test_progress_grows_with_the_steps(db: Database, perform: Perform) -> None:
    bakery = Bakery()
    operation = await make_operation(db)

    perform({"test": bakery.job})
    await ended(db, operation)

    events = await events_of(db, operation)
    told = [event.data["progress"] for event in events if event.kind == "step"]
    assert told == [0, 33, 33, 66, 66, 99]
    assert (events[-1].kind, events[-1].data) == ("end", {"status": "succeeded"})


async def test_lines_are_kept_in_order_and_cut_at_a_sane_length(
    db: Database, perform: Perform
) -> None:
    async def talk(run: Run) -> None:
        for number in range(50):
            await run.say(f"{number:02} {'x' * 1000}")

    async def do(run: Run) -> None:
        await run.step("Talk", partial(talk, run))

    operation = await make_operation(db)
    perform({"test": Job(do)})
    await ended(db, operation)

    events = await events_of(db, operation)
    lines = [event.data["text"] for event in events if event.kind == "line"]
    assert [line[:2] for line in lines] == [f"{number:02}" for number in range(50)]
    assert {len(line) for line in lines} == {500}
