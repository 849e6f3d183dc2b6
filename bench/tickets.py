"""Who is calling by a ticket, with Redis: CPU time of a check, beside the bare GET it needs."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from redis.asyncio import Redis

from bench.report import Figure
from moorage.identity import service as identity
from moorage.identity import tickets
from moorage.identity.sessions_redis import RedisSessions
from moorage.kit.db import Database
from moorage.migrations import upgrade
from tests.make.redis import running_redis

CHECKS = 1_000  # a round
ROUNDS = 7
WANTED = 3  # 300 µs beside 100


def checks() -> list[Figure]:
    """A ticket that is good."""
    with running_redis() as server, TemporaryDirectory() as folder:
        ours, theirs = asyncio.run(_measured(server.url, Path(folder)))
    what, peer = "check a ticket, CPU", "GET by the same client"
    return [Figure(what, ours, peer, theirs, limit=WANTED, unit="µs")]


async def _measured(url: str, folder: Path) -> tuple[list[float], list[float]]:
    db = Database(f"sqlite:///{folder / 'moorage.db'}")
    await asyncio.to_thread(upgrade, db.url)
    async with db.begin() as session:
        await identity.create_user(session, username="anna", password="correct horse")
    sessions, bare = RedisSessions(url, installation="bench"), Redis.from_url(url)
    login = await tickets.log_in(
        db, sessions, username="anna", password="correct horse", lifetime=timedelta(hours=1)
    )
    [key] = await bare.keys("*")
    ours, theirs = [], []
    for _ in range(ROUNDS):
        theirs.append(await _cost(lambda: bare.get(key)))
        ours.append(await _cost(lambda: tickets.caller_of_ticket(db, sessions, login.ticket)))
    await bare.aclose()
    await sessions.close()
    await db.close()
    return ours, theirs


async def _cost(do: Callable[[], Awaitable[object]]) -> float:
    """Return microseconds."""
    before = time.process_time()
    for _ in range(CHECKS):
        await do()
    return (time.process_time() - before) / CHECKS * 1e6
