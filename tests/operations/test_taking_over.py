"""Fences, limits, the lead: several processes, and each operation in one hand."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from moorage.config import Settings
from moorage.kit.clock import now
from moorage.kit.db import Database
from moorage.operations import service as operations
from moorage.operations.duties import Duties, Duty
from moorage.operations.models import Operation
from moorage.operations.run import CancelRequested, Lost, Run
from moorage.operations.runner import Job
from moorage.world import make_queue
from tests.make.operations import ended, events_of, make_operation
from tests.operations.conftest import Perform
from tests.operations.test_runner import Crowd

pytestmark = pytest.mark.anyio


async def begun_run(db: Database) -> Run:
    """Return the performance of an operation that has just begun."""
    operation = await make_operation(db)
    async with db.begin() as session:
        await session.execute(
            update(Operation)
            .where(Operation.id == operation.id)
            .values(status="running", fence=operation.fence + 1)
        )
    async with db.read() as session:
        return Run(db, await operations.get(session, operation.id))


async def take_over(db: Database, run: Run) -> None:
    """Do what another process does that begins to perform it."""
    async with db.begin() as session:
        await session.execute(
            update(Operation).where(Operation.id == run.id).values(fence=Operation.fence + 1)
        )


async def test_whoever_was_overtaken_writes_nothing_more(db: Database) -> None:
    run = await begun_run(db)
    await take_over(db, run)

    with pytest.raises(Lost):
        async with run.begin() as session:
            await session.execute(update(Operation).values(error="written by the old one"))
    with pytest.raises(Lost):
        async with run.end():
            pass

    async with db.read() as session:
        found = await operations.get(session, run.id)
    assert (found.status, found.error) == ("running", None)


async def test_whoever_was_overtaken_in_a_freeze_does_nothing_more_outside(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await begun_run(db)
    outside = Outside()
    await take_over(db, run)
    monkeypatch.setattr("moorage.operations.run.monotonic", lambda: 1e12)  # it slept that long

    with pytest.raises(Lost):
        await run.guard(outside).touch()

    assert outside.touched == 0


async def test_a_guarded_call_stops_at_a_cancel(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await begun_run(db)
    outside = Outside()
    await run.guard(outside).touch()
    async with db.begin() as session:
        await operations.cancel(session, await operations.get(session, run.id))
    monkeypatch.setattr("moorage.operations.run.monotonic", lambda: 1e12)

    with pytest.raises(CancelRequested):
        await run.guard(outside).touch()

    assert outside.touched == 1


class Outside:
    """Something that an operation changes."""

    def __init__(self) -> None:
        self.touched = 0

    async def touch(self) -> None:
        """Be changed."""
        self.touched += 1


async def test_a_server_gets_no_more_than_its_share_and_others_go_on(
    db: Database, perform: Perform
) -> None:
    crowd = Crowd()
    full = [await ask(db, f"a{number}", server_id="full") for number in range(5)]
    other = await ask(db, "b", server_id="other")
    nowhere = await ask(db, "c", server_id=None)

    perform({"test": Job(crowd.do)}, at_once=8, per_server=2)
    for _ in range(4):
        await crowd.arrived.acquire()
    first = set(crowd.came)
    crowd.door.set()

    assert {(await ended(db, one)).status for one in [*full, other, nowhere]} == {"succeeded"}
    assert first == {"a0", "a1", "b", "c"}
    assert crowd.most == 4


async def ask(db: Database, name: str, *, server_id: str | None) -> Operation:
    """Ask for an operation on a server."""
    async with db.begin() as session:
        return await operations.enqueue(
            session, "test", subject=name, owner_id="usr", server_id=server_id, args={"name": name}
        )


async def test_what_waits_for_a_server_goes_on_as_soon_as_it_answers(
    db: Database, perform: Perform
) -> None:
    crowd = Crowd()
    crowd.door.set()
    here = await ask(db, "a", server_id="back")
    there = await ask(db, "b", server_id="still away")
    async with db.begin() as session:
        await session.execute(update(Operation).values(not_before=now() + timedelta(hours=1)))
    perform({"test": Job(crowd.do)})

    async with db.begin() as session:
        await operations.hurry(session, server_id="back")

    assert (await ended(db, here)).status == "succeeded"
    assert (await operations.wait(db, there.id, timeout_s=0)).status == "queued"


async def test_a_duty_is_done_by_one_process_and_then_by_the_next(
    db: Database, tmp_path: Path
) -> None:
    done: list[str] = []
    queues = {name: make_queue(Settings(data_dir=tmp_path), db) for name in "ab"}
    duties = {
        name: Duties(queue, [Duty("count", 0.01, note(done, name))])
        for name, queue in queues.items()
    }
    for name, queue in queues.items():
        queue.start(never)
        duties[name].start()

    await until_done(done, 3)
    first = done[0]
    alone = set(done)
    await duties[first].stop()
    await queues[first].stop()
    done.clear()
    await until_done(done, 3)

    (second,) = set("ab") - {first}
    assert alone == {first}
    assert set(done) == {second}
    await duties[second].stop()
    await queues[second].stop()


def note(done: list[str], name: str):  # type: ignore[no-untyped-def]  # a duty's function
    async def do() -> None:
        done.append(name)

    return do


async def never(_operation: str) -> None:
    raise AssertionError("there is nothing to perform")


async def until_done(done: list[str], times: int) -> None:
    """Return when a duty was done so often."""
    async with asyncio.timeout(20):
        while len(done) < times:
            await asyncio.sleep(0.01)


async def test_a_duty_that_breaks_is_done_again_and_hinders_no_other(
    db: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[str] = []

    async def breaks() -> None:
        done.append("broken")
        raise ZeroDivisionError

    queue = make_queue(Settings(data_dir=tmp_path), db)
    duties = Duties(queue, [Duty("bad", 0.01, breaks), Duty("good", 0.01, note(done, "good"))])
    queue.start(never)
    duties.start()

    await until_done(done, 6)

    assert set(done) == {"broken", "good"}
    assert "duty broke" in caplog.text
    await duties.stop()
    await queue.stop()


async def test_old_operations_are_forgotten_with_their_events(
    db: Database, perform: Perform
) -> None:
    async def do(_run: Run) -> None:
        pass

    old = await make_operation(db)
    perform({"test": Job(do)})
    found = await ended(db, old)
    assert found.ended_at is not None
    unfinished = await make_operation(db, "of.tomorrow", subject="other")

    later = found.ended_at + timedelta(seconds=1)

    async with db.begin() as session:
        kept = await operations.forget_old(session, ended_before=found.ended_at)
        gone = await operations.forget_old(session, ended_before=later)

    assert (kept, gone) == (0, 1)
    async with db.read() as session:
        left = list(await session.scalars(select(Operation.id)))
    assert (left, await events_of(db, old)) == ([unfinished.id], [])
