"""The queue of an installation on PostgreSQL: any number of processes and machines perform.

Which operation may be begun is decided in our own table (ready.py); procrastinate brings it to a
process that is free, and tells which processes live. A process that sent no heartbeat for a while
loses what it had: a fresh job is made for it, and the fence of the operation keeps out the old one.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from functools import partial
from typing import Any

import procrastinate
import psycopg
from procrastinate.exceptions import ProcrastinateException
from procrastinate.jobs import Job, Status
from procrastinate.worker import Worker
from psycopg_pool import PoolTimeout
from sqlalchemy import bindparam, exists, func, literal_column, select, table, update

from moorage.kit.db import Database, Session
from moorage.kit.errors import Unavailable
from moorage.kit.pause import check_cancelled, pause
from moorage.operations import ready
from moorage.operations.lead import Lead
from moorage.operations.models import TABLE, UNFINISHED, Operation
from moorage.operations.queue import Perform
from moorage.operations.service import QUEUE

log = logging.getLogger(__name__)

HEARTBEAT_S = 2.0
STALLED_AFTER_S = 8.0
_SWEEP_S = 1.0
_WORKER_AGAIN_S = 1.0
_POLL_S = 1.0  # a notification that comes before it listens is missed
_IN_FLIGHT = 500  # handed over at most at a time
_CONNECT_TIMEOUT_S = 5.0

_OUTAGES = (ProcrastinateException, Unavailable, PoolTimeout, psycopg.Error)

_TASK = "moorage.perform"
_HANDING_OVER = 0x6D6F6F72  # of pg_advisory_xact_lock; "moor"
_JOBS = table("procrastinate_jobs", literal_column("id"))


class PostgresQueue:
    """Hands operations over to procrastinate, and performs those that it brings here."""

    def __init__(self, db: Database, *, at_once: int, per_server: int, stop_grace_s: float) -> None:
        self._db = db
        self._per_server = per_server
        self._connector = procrastinate.PsycopgConnector(
            conninfo=db.conninfo, min_size=1, max_size=4, timeout=_CONNECT_TIMEOUT_S
        )
        self._app = procrastinate.App(connector=self._connector)
        self._options: dict[str, Any] = {  # Any: procrastinate's own
            "concurrency": at_once,
            "shutdown_graceful_timeout": stop_grace_s,
            "fetch_job_polling_interval": _POLL_S,
            "stalled_worker_timeout": STALLED_AFTER_S,
            "delete_jobs": "always",
            "install_signal_handlers": False,
        }
        self._lead = Lead(db)
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def is_alive(self) -> bool:
        """Whether operations are being taken."""
        return bool(self._tasks) and not any(task.done() for task in self._tasks)

    def start(self, perform: Perform) -> None:
        """Begin to take operations."""

        @self._app.task(name=_TASK)
        async def _perform(operation: str) -> None:
            try:
                await perform(operation)
            finally:
                self._db.wakes.touch(QUEUE)  # its subject and its server have room again

        self._tasks = [
            asyncio.create_task(self._work(), name="operations"),
            asyncio.create_task(self._hand_over_again(), name="operations.hand_over"),
            asyncio.create_task(self._sweep_again(), name="operations.sweep"),
            asyncio.create_task(self._lead.hold(), name="operations.lead"),
        ]

    async def stop(self) -> None:
        """Take no more; cancel what does not end within the grace."""
        for task in reversed(self._tasks):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def lead(self) -> AbstractAsyncContextManager[asyncio.Event]:
        """Wait until this process leads."""
        return self._lead.held()

    async def _work(self) -> None:
        """Keep a worker of procrastinate going, whatever becomes of the database."""
        while True:
            try:
                async with self._app.open_async():
                    await self._have_schema()
                    self._db.wakes.touch(QUEUE)
                    await self._run(Worker(self._app, **self._options))
            except _OUTAGES as error:
                log.warning("cannot take operations", extra={"reason": str(error)})
            await pause(_WORKER_AGAIN_S)

    async def _run(self, worker: Worker) -> None:
        """Run a worker, with a pulse until its last operation is done: its own ends with a stop."""
        pulse = asyncio.create_task(self._beat(worker))
        running = asyncio.create_task(worker.run())  # type: ignore[no-untyped-call]  # as they are
        try:
            await asyncio.shield(running)
        finally:
            worker.stop()  # type: ignore[no-untyped-call]  # a cancel can be lost, see kit.pause
            await asyncio.gather(running, return_exceptions=True)
            pulse.cancel()
            await asyncio.gather(pulse, return_exceptions=True)

    async def _beat(self, worker: Worker) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            if worker.worker_id is not None:
                beat = self._app.job_manager.update_heartbeat
                await self._despite_outages(partial(beat, worker.worker_id))

    async def _have_schema(self) -> None:
        async with self._db.begin() as session:
            await _take_turns(session)
            if not await self._app.check_connection_async():
                await self._app.schema_manager.apply_schema_async()

    async def _hand_over_again(self) -> None:
        async with self._db.wakes.listen(QUEUE) as woken:
            while True:
                await woken.wait()
                woken.clear()
                await self._despite_outages(self._hand_over)

    async def _sweep_again(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_S)
            if self._lead.is_held:
                await self._despite_outages(self._sweep)

    async def _despite_outages(self, do: Callable[[], Awaitable[None]]) -> None:
        try:
            await do()
        except _OUTAGES as error:
            log.warning("cannot look after operations", extra={"reason": str(error)})
        check_cancelled()

    async def _hand_over(self) -> None:
        """Give procrastinate what may be begun, and write down its job, in one commit."""
        async with self._db.begin() as session:
            await _take_turns(session)
            found = await ready.candidates(session, per_server=self._per_server, limit=_IN_FLIGHT)
            load = await _load(session)
            chosen = ready.choose(found, load=load, per_server=self._per_server)
            if not chosen:
                return
            connection = await session.connection()
            raw = (await connection.get_raw_connection()).driver_connection
            jobs = await self._app.job_manager.batch_defer_jobs_async(
                [_job(one) for one in chosen], connection=raw
            )
            pairs = [{"of": one.id, "job": job.id} for one, job in zip(chosen, jobs, strict=True)]
            await connection.execute(
                update(TABLE).where(TABLE.c.id == bindparam("of")).values(job_id=bindparam("job")),
                pairs,
            )

    async def _sweep(self) -> None:
        """Take from processes that died or froze what they had, and hand over what is due."""
        manager = self._app.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_S):
            log.warning("operation taken from a silent process", extra={"job": job.id})
            assert job.id is not None  # it comes from the database
            await manager.finish_job_by_id_async(job.id, Status.FAILED, delete_job=True)
        has_job = exists().where(_JOBS.c.id == Operation.job_id)
        async with self._db.begin() as session:
            await session.execute(
                update(Operation)
                .where(Operation.status.in_(UNFINISHED), Operation.job_id.is_not(None), ~has_job)
                .values(job_id=None)
            )
        await self._hand_over()


def _job(one: ready.Candidate) -> Job:
    return Job(
        id=None,
        queue="operations",
        task_name=_TASK,
        lock=one.subject,
        queueing_lock=None,
        task_kwargs={"operation": one.id},
    )


async def _take_turns(session: Session) -> None:
    """Let one process at a time decide what is handed over; it takes milliseconds."""
    await session.execute(select(func.pg_advisory_xact_lock(_HANDING_OVER)))


async def _load(session: Session) -> dict[str, int]:
    rows = await session.execute(
        select(Operation.server_id, func.count())
        .where(Operation.status.in_(UNFINISHED), Operation.job_id.is_not(None))
        .where(Operation.server_id.is_not(None))
        .group_by(Operation.server_id)
    )
    return {server: number for server, number in rows if server is not None}
