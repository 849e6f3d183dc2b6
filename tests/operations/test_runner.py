"""The runner: one at a time per subject, several side by side, failures undone."""

import asyncio
from datetime import datetime
from functools import partial

import pytest

from moorage.kit.db import Database
from moorage.kit.errors import Conflict, Failed, Unavailable
from moorage.operations import service as operations
from moorage.operations.run import Run
from moorage.operations.runner import Job
from tests.make.operations import ended, make_operation
from tests.operations.conftest import Perform

pytestmark = pytest.mark.anyio


class Crowd:
    """A job that notes who comes, and lets nobody go before the door is opened."""

    def __init__(self) -> None:
        self.came: list[str] = []
        self.inside = 0
        self.most = 0
        self.door = asyncio.Event()
        self.arrived = asyncio.Semaphore(0)

    async def do(self, run: Run) -> None:
        """Come in, wait for the door, go."""
        self.came.append(run.args["name"])
        self.inside += 1
        self.most = max(self.most, self.inside)
        self.arrived.release()
        await self.door.wait()
        self.inside -= 1


async def test_operations_of_one_subject_run_in_order_one_at_a_time(
    db: Database, perform: Perform
) -> None:
    crowd = Crowd()
    crowd.door.set()
    made = [await make_operation(db, args={"name": name}) for name in "abcde"]

    perform({"test": Job(crowd.do)})

    assert [(await ended(db, one)).status for one in made] == ["succeeded"] * 5
    assert (crowd.came, crowd.most) == (list("abcde"), 1)


async def test_operations_of_several_subjects_run_side_by_side_up_to_the_limit(
    db: Database, perform: Perform
) -> None:
    crowd = Crowd()
    made = [await make_operation(db, subject=name, args={"name": name}) for name in "abcde"]

    perform({"test": Job(crowd.do)}, at_once=3)
    for _ in range(3):
        await crowd.arrived.acquire()
    crowd.door.set()

    assert [(await ended(db, one)).status for one in made] == ["succeeded"] * 5
    assert crowd.most == 3


async def test_what_is_asked_for_while_it_runs_is_taken_up(db: Database, perform: Perform) -> None:
    crowd = Crowd()
    crowd.door.set()
    perform({"test": Job(crowd.do)})

    operation = await make_operation(db, args={"name": "late"})

    assert (await ended(db, operation)).status == "succeeded"


async def test_steps_are_kept_with_their_times(db: Database, perform: Perform) -> None:
    async def do(run: Run) -> None:
        await run.step("Dig", partial(run.say, "half way down"))
        await run.step("Fill", nothing)

    operation = await make_operation(db)
    perform({"test": Job(do)})

    found = await ended(db, operation)
    assert [(step["name"], step["status"]) for step in found.steps] == [
        ("Dig", "succeeded"),
        ("Fill", "succeeded"),
    ]
    assert found.steps[0]["detail"] == "half way down"
    times = [datetime.fromisoformat(step[at]) for step in found.steps for at in TIMES]
    assert found.started_at is not None
    assert found.ended_at is not None
    assert [found.created_at, found.started_at, *times, found.ended_at] == sorted(
        [found.created_at, found.started_at, *times, found.ended_at]
    )


TIMES = ("started_at", "ended_at")


async def nothing() -> None:
    """Be a step that is quickly done."""


async def hit_a_pipe() -> None:
    """Be a step that fails."""
    raise Conflict("There is a pipe.", detail="at 3 m")


async def test_a_failed_operation_is_undone_and_keeps_its_error(
    db: Database, perform: Perform
) -> None:
    done: list[str] = []

    async def do(run: Run) -> None:
        await run.step("Dig", hit_a_pipe)

    async def undo(run: Run) -> None:
        async with db.read() as session:
            done.append((await operations.get(session, run.id)).status)

    operation = await make_operation(db)
    perform({"test": Job(do, undo)})

    found = await ended(db, operation)
    assert (found.status, found.error, found.error_kind) == (
        "failed",
        "There is a pipe.",
        "Conflict",
    )
    assert done == ["undoing"]
    assert found.steps[0]["status"] == "failed"


async def test_a_bug_in_a_job_fails_it_without_telling_internals(
    db: Database, perform: Perform, caplog: pytest.LogCaptureFixture
) -> None:
    async def do(_run: Run) -> None:
        raise ZeroDivisionError("password=hunter2")

    operation = await make_operation(db)
    perform({"test": Job(do)})

    found = await ended(db, operation)
    assert found.status == "failed"
    assert found.error == f"Something unexpected happened; the log has it under {found.id}."
    assert "ZeroDivisionError" in caplog.text


async def test_a_reason_with_a_nul_is_kept_on_each_database(db: Database, perform: Perform) -> None:
    async def fail(_run: Run) -> None:
        raise Failed("It said \0 and ended.")

    operation = await make_operation(db)
    perform({"test": Job(fail)})

    assert (await ended(db, operation)).error == "It said � and ended."


async def test_an_undo_is_tried_again_until_it_works(db: Database, perform: Perform) -> None:
    tries = 0

    async def do(_run: Run) -> None:
        raise Failed("The engine is on fire.")

    async def undo(_run: Run) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise Unavailable("The engine does not answer.")

    operation = await make_operation(db)
    perform({"test": Job(do, undo)})

    found = await ended(db, operation)
    assert (found.status, found.error, tries) == ("failed", "The engine is on fire.", 2)


async def test_one_subjects_failure_does_not_stop_the_next_operation(
    db: Database, perform: Perform
) -> None:
    async def do(run: Run) -> None:
        if run.args["name"] == "bad":
            raise Conflict("bad")

    first = await make_operation(db, args={"name": "bad"})
    second = await make_operation(db, args={"name": "good"})
    perform({"test": Job(do)})

    assert (await ended(db, first)).status == "failed"
    assert (await ended(db, second)).status == "succeeded"


async def test_an_operation_that_no_job_knows_holds_nobody_up(
    db: Database, perform: Perform, caplog: pytest.LogCaptureFixture
) -> None:
    crowd = Crowd()
    crowd.door.set()
    unknown = await make_operation(db, kind="of.tomorrow", subject="other")
    known = await make_operation(db, args={"name": "a"})

    runner = perform({"test": Job(crowd.do)}, at_once=2)

    assert (await ended(db, known)).status == "succeeded"
    assert runner.is_alive
    async with db.read() as session:
        assert not (await operations.get(session, unknown.id)).is_ended
    assert caplog.text.count("unknown kind") == 1


async def test_the_end_of_an_operation_is_told(db: Database, perform: Perform) -> None:
    told: list[tuple[str, str]] = []

    async def do(_run: Run) -> None:
        pass

    operation = await make_operation(db)
    perform({"test": Job(do)}, ended=lambda kind, status, seconds: told.append((kind, status)))
    await ended(db, operation)

    assert told == [("test", "succeeded")]
