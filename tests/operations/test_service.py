"""Operations: asked for, waited for, told as errors."""

import asyncio

import pytest

from moorage.kit.db import Database
from moorage.kit.errors import Conflict, NotFound
from moorage.kit.log import request_id
from moorage.operations import service as operations
from moorage.operations.models import Operation
from moorage.operations.run import Run
from moorage.operations.runner import Job
from tests.make.operations import make_operation
from tests.operations.conftest import Perform

pytestmark = pytest.mark.anyio


async def test_an_operation_remembers_the_request_that_asked_for_it(db: Database) -> None:
    token = request_id.set("req_7")

    operation = await make_operation(db)

    request_id.reset(token)
    assert operation.request_id == "req_7"
    assert operation.id.startswith("op_")


async def test_what_is_not_committed_is_never_performed(db: Database, perform: Perform) -> None:
    performed: list[str] = []

    async def do(run: Run) -> None:
        performed.append(run.subject)

    perform({"test": Job(do)})
    with pytest.raises(Conflict, match="changed my mind"):
        await enqueue_and_fail(db)

    operation = await make_operation(db, subject="kept")
    await operations.wait(db, operation.id, timeout_s=10)
    assert performed == ["kept"]


async def test_waiting_ends_after_the_timeout_with_how_it_stands(db: Database) -> None:
    operation = await make_operation(db)

    at_once = await operations.wait(db, operation.id, timeout_s=0)
    soon = await operations.wait(db, operation.id, timeout_s=0.02)

    assert (at_once.status, soon.status) == ("queued", "queued")


async def test_many_wait_for_one_operation(db: Database, perform: Perform) -> None:
    go = asyncio.Event()

    async def do(_run: Run) -> None:
        await go.wait()

    operation = await make_operation(db)
    waits = [
        asyncio.create_task(operations.wait(db, operation.id, timeout_s=10)) for _ in range(10)
    ]
    perform({"test": Job(do)})
    go.set()

    assert {one.status for one in await asyncio.gather(*waits)} == {"succeeded"}


async def test_waiting_for_what_is_not_there_is_not_found(db: Database) -> None:
    with pytest.raises(NotFound):
        await operations.wait(db, "op_none", timeout_s=1)


async def test_only_an_unfinished_operation_of_that_kind_is_found(
    db: Database, perform: Perform
) -> None:
    async def do(_run: Run) -> None:
        pass

    first = await make_operation(db)
    perform({"test": Job(do)})
    await operations.wait(db, first.id, timeout_s=10)

    async with db.read() as session:
        found = await operations.latest_unfinished(session, subject="thing", kind="test")
    assert found is None


def test_why_it_failed_becomes_an_error_again() -> None:
    operation = Operation(kind="test", subject="x", owner_id="y", error="So it is.")

    assert operations.failure(operation).message == "So it is."


async def test_operations_are_counted_by_kind_and_status(db: Database) -> None:
    for kind in ("a", "b", "a"):
        await make_operation(db, kind)

    async with db.read() as session:
        assert await operations.count(session) == {("a", "queued"): 2, ("b", "queued"): 1}


async def enqueue_and_fail(db: Database) -> None:
    """Ask for an operation in a transaction that is rolled back."""
    async with db.begin() as session:
        await operations.enqueue(session, "test", subject="never", owner_id="usr")
        raise Conflict("I changed my mind.")
