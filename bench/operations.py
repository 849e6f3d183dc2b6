"""What operations cost: from asking to beginning, a step, many trivial ones a second."""

import asyncio
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, select

from bench.report import Figure
from moorage.config import Settings
from moorage.kit.clock import now
from moorage.kit.db import Database
from moorage.operations import service as operations
from moorage.operations.models import UNFINISHED, Operation
from moorage.operations.run import Run
from moorage.operations.runner import Job, Runner
from moorage.tables import METADATA
from moorage.world import make_queue
from tests.make.postgres import running_postgres

LATENCIES = 50
STEPPERS = 30
STEPS = 10
TRIVIAL = 1000
WORKERS = 2
PATIENCE_S = 120


def figures() -> list[Figure]:
    """Measure on both kinds of queue."""
    with tempfile.TemporaryDirectory() as folder, running_postgres() as postgres:
        sqlite = f"sqlite:///{folder}/moorage.db"
        found = asyncio.run(_latency_and_steps("embedded", sqlite, Path(folder), limit_s=0.050))
        url = postgres.create_database()
        found += asyncio.run(_latency_and_steps("PostgreSQL", url, Path(folder), limit_s=0.080))
        found += _throughput(postgres.create_database())
    return found


async def _latency_and_steps(name: str, url: str, folder: Path, *, limit_s: float) -> list[Figure]:
    async with Performing(url, folder) as db:
        await _ask(db, "trivial", "warm")
        waits = [await _wait_to_begin(db, f"latency-{number}") for number in range(LATENCIES)]
        spent = [await _cost_of_a_step(db) for _ in range(STEPPERS)]
    return [
        Figure(f"{name}: asked until begun", waits, "limit", [limit_s], limit=1),
        Figure(f"{name}: CPU of a step", spent, "limit", [0.003], limit=1),
    ]


def _throughput(url: str) -> list[Figure]:
    """Let several processes perform; the peer is what is wanted: 100 a second."""
    asyncio.run(_make_tables(url))
    with _workers(url):
        taken = asyncio.run(_perform_many(url))
    return [
        Figure(
            f"PostgreSQL: a trivial operation, {WORKERS} processes",
            [taken / TRIVIAL],
            "limit",
            [0.010],
            limit=1,
        )
    ]


class Performing:
    """Perform in this process."""

    def __init__(self, url: str, folder: Path) -> None:
        self._db = Database(url)
        self._settings = Settings(data_dir=folder, operations_at_once=16)

    async def __aenter__(self) -> Database:
        await self._db.create_all(METADATA)
        self._queue = make_queue(self._settings, self._db)
        self._queue.start(Runner(self._db, JOBS).perform)
        return self._db

    async def __aexit__(self, *error: object) -> None:
        await self._queue.stop()
        await self._db.close()


async def _begin(run: Run) -> None:
    BEGUN[run.subject] = time.perf_counter()


async def _do_steps(run: Run) -> None:
    for number in range(STEPS):
        await run.step(f"Step {number}", _nothing)
        await run.told()  # each is written down by itself: the dearest way


async def _nothing() -> None:
    pass


async def _do_nothing(_run: Run) -> None:
    pass


BEGUN: dict[str, float] = {}
JOBS = {
    "trivial": Job(_begin),
    "none": Job(_do_nothing),
    "steps": Job(_do_steps),
}


async def _wait_to_begin(db: Database, subject: str) -> float:
    asked_at = time.perf_counter()
    await _ask(db, "trivial", subject)
    return BEGUN[subject] - asked_at


async def _ask(db: Database, kind: str, subject: str) -> None:
    async with db.begin() as session:
        operation = await operations.enqueue(session, kind, subject=subject, owner_id="usr")
    ended = await operations.wait(db, operation.id, timeout_s=PATIENCE_S)
    assert ended.status == "succeeded", ended.error


async def _cost_of_a_step(db: Database) -> float:
    before = _cpu_s()
    await _ask(db, "none", "steps")
    between = _cpu_s()
    await _ask(db, "steps", "steps")
    return ((_cpu_s() - between) - (between - before)) / STEPS


async def _make_tables(url: str) -> None:
    db = Database(url)
    await db.create_all(METADATA)
    await db.close()


async def _perform_many(url: str) -> float:
    """Return the seconds from the first beginning to the last end, on the rows' own clock."""
    db = Database(url)
    async with db.begin() as session:
        for number in range(TRIVIAL):
            await operations.enqueue(session, "none", subject=f"s-{number}", owner_id="usr")
    left = select(func.count()).where(Operation.status.in_(UNFINISHED))
    deadline = now().timestamp() + PATIENCE_S
    while True:
        async with db.read() as session:
            if await session.scalar(left) == 0:
                break
        assert now().timestamp() < deadline, "the workers are too slow or gone"
        await asyncio.sleep(0.1)
    async with db.read() as session:
        done = list(await session.scalars(select(Operation)))
    await db.close()
    first = min(one.started_at for one in done if one.started_at)
    last = max(one.ended_at for one in done if one.ended_at)
    return (last - first).total_seconds()


@contextmanager
def _workers(url: str) -> Iterator[None]:
    command = [sys.executable, "-m", "bench.operations", url]
    running = [subprocess.Popen(command) for _ in range(WORKERS)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def _work(url: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with Performing(url, Path(folder)):
            await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_work(sys.argv[1]))
