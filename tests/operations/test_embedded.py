"""The embedded queue: of several processes of a machine one performs."""

import pytest

from moorage.kit.db import Database
from moorage.operations.run import Run
from moorage.operations.runner import Job
from tests.make.operations import ended, make_operation
from tests.operations.conftest import Perform
from tests.operations.test_stopping import Stuck

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_of_two_runners_only_one_performs(db: Database, perform: Perform) -> None:
    stuck = Stuck()
    performed_by_second: list[str] = []

    async def second(run: Run) -> None:
        performed_by_second.append(run.id)

    first_runner = perform({"test": Job(stuck.do)})
    operation = await make_operation(db)
    await stuck.begun.wait()
    perform({"test": Job(second)})
    other = await make_operation(db, subject="other")
    stuck.let_go.set()
    await ended(db, operation)
    await ended(db, other)

    assert performed_by_second == []
    await first_runner.stop()
    last = await make_operation(db)
    await ended(db, last)
    assert performed_by_second == [last.id]
