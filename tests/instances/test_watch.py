"""The watch over a server: woken by events, quiet while nothing happens or nobody answers."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from moorage.engines.fake import FakeEngine
from moorage.identity.models import User
from moorage.instances.models import Instance
from moorage.instances.tools import Tools
from moorage.instances.watch import watch
from tests.instances.lives import make_running, reload, watch_over
from tests.make.gate import Gate
from tests.make.instances import performing

pytestmark = pytest.mark.anyio

WITHIN_S = 10


@asynccontextmanager
async def watching(tools: Tools) -> AsyncIterator[None]:
    """Watch all servers, and perform what that leads to."""
    async with performing(tools):
        task = asyncio.create_task(watch(tools))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def until(is_true: Callable[[], Awaitable[bool]]) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(WITHIN_S):
        while not await is_true():
            await asyncio.sleep(0.02)


def stands(tools: Tools, instance: Instance, **wanted: str) -> Callable[[], Awaitable[bool]]:
    """Return whether the row says all that is wanted."""

    async def look() -> bool:
        row = await reload(tools, instance)
        return all(getattr(row, name) == value for name, value in wanted.items())

    return look


async def test_what_happens_is_seen_and_mended_without_waiting_for_the_next_look(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_running(tools, owner)
    [name] = engine.containers

    async with watching(tools):
        await until(stands(tools, instance, health="healthy"))
        began = asyncio.get_running_loop().time()
        engine.remove_by_hand(name)
        await until(lambda: is_new(tools, instance))
        took_s = asyncio.get_running_loop().time() - began

    assert took_s < 5  # the next look without an event is 8 s away


async def test_an_engine_that_restarts_is_heard_again(
    tools: Tools, engine: FakeEngine, owner: User
) -> None:
    instance = await make_running(tools, owner)
    [name] = engine.containers

    async with watching(tools):
        await until(stands(tools, instance, health="healthy"))
        engine.restart()
        await until(stands(tools, instance, status="degraded"))
        await until(stands(tools, instance, status="running"))

    assert engine.containers[name].seen.status == "running"


async def test_an_engine_that_is_away_is_told_once_and_so_is_its_return(
    tools: Tools, engine: FakeEngine, owner: User, caplog: pytest.LogCaptureFixture
) -> None:
    instance = await make_running(tools, owner)
    over = await watch_over(tools)
    caplog.set_level(logging.INFO, "moorage.instances.watch")

    engine.down = True
    for _ in range(3):
        await over.look()
    away = await reload(tools, instance)
    engine.down = False
    for _ in range(3):
        await over.look()

    back = await reload(tools, instance)
    assert [one.message for one in caplog.records] == [
        "engine does not answer",
        "engine answers again",
    ]
    assert (away.status, away.observed) == ("running", "unknown")
    assert (back.status, back.observed) == ("running", "running")


async def test_a_look_asks_the_engine_three_things_however_much_there_is(
    tools: Tools, owner: User, gate: Gate
) -> None:
    for _ in range(3):
        await make_running(tools, owner)
    over = await watch_over(tools)
    await over.look()
    gate.passed.clear()

    await over.look()

    assert [moment for moment in gate.passed if moment.startswith("after")] == [
        "after find_containers",
        "after find_volumes",
        "after find_networks",
    ]


async def is_new(tools: Tools, instance: Instance) -> bool:
    row = await reload(tools, instance)
    return row.container_id != instance.container_id and row.status == "running"
