"""What engines tell of containers as they run: events, logs, usage; the fake and the real one."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from moorage.engines.port import EngineEvent, HealthCheck
from moorage.kit.errors import NotFound
from tests.make.containers import exit_code

from .conftest import LINGER, TALK, Bench

pytestmark = pytest.mark.anyio

HEALTHY = HealthCheck(
    test=("CMD", "/bin/cat", "/bin/busybox"),
    interval_s=0.1,
    timeout_s=5,
    start_period_s=0,
    retries=3,
)


async def actions(events: AsyncIterator[EngineEvent], count: int) -> list[str]:
    """Return what the next events are."""
    async with asyncio.timeout(20):
        return [(await anext(events)).action for _ in range(count)]


async def test_the_life_of_a_container_is_told(bench: Bench) -> None:
    engine = bench.engine

    async with engine.watch(bench.labels) as events:
        container = await bench.run(bench.spec())
        assert await actions(events, 1) == ["start"]

        await engine.stop_container(container, grace_s=0)
        assert await actions(events, 2) == ["die", "stop"]

        await engine.start_container(container)
        await engine.remove_container(container)
        assert await actions(events, 3) == ["start", "die", "destroy"]


async def test_an_event_says_what_it_is_about(bench: Bench) -> None:
    spec = replace(bench.spec(), labels={**bench.labels, "moorage.kind": "redis"})

    async with bench.engine.watch(bench.labels) as events:
        container = await bench.run(spec)
        async with asyncio.timeout(20):
            event = await anext(events)

    seen = await bench.engine.get_container(container)
    assert (event.id, event.name) == (container, spec.name)
    assert event.labels == seen.labels
    assert event.at.utcoffset() is not None


async def test_everybody_hears_only_of_containers_with_the_labels(bench: Bench) -> None:
    redis = replace(bench.spec("redis"), labels={**bench.labels, "moorage.kind": "redis"})

    async with (
        bench.engine.watch(bench.labels) as all_events,
        bench.engine.watch({**bench.labels, "moorage.kind": ""}) as redis_events,
    ):
        await bench.run(bench.spec("plain"))
        await bench.run(redis)
        async with asyncio.timeout(20):
            assert (await anext(all_events)).name == bench.name("plain")
            assert (await anext(redis_events)).name == redis.name


async def test_a_container_that_becomes_healthy_is_told(bench: Bench) -> None:
    async with bench.engine.watch(bench.labels) as events:
        await bench.run(replace(bench.spec(), health=HEALTHY))

        assert await actions(events, 2) == ["start", "health_status"]

    [seen] = await bench.engine.find_containers(bench.labels)
    assert seen.health == "healthy"


async def test_a_list_tells_how_containers_ended(bench: Bench) -> None:
    ended = await bench.run(bench.spec("ended", *TALK))
    await bench.run(bench.spec("running"))
    await bench.engine.create_container(bench.spec("created"))
    await exit_code(bench.engine, ended)

    found = await bench.engine.find_containers(bench.labels)

    assert {one.name: (one.status, one.exit_code) for one in found} == {
        bench.name("ended"): ("exited", 3),
        bench.name("running"): ("running", None),
        bench.name("created"): ("created", None),
    }
    assert {one.health for one in found} == {"none"}


async def test_a_log_is_followed_until_its_container_stops(bench: Bench) -> None:
    container = await bench.run(bench.spec("one", *LINGER))

    async with bench.engine.follow_log(container) as lines, asyncio.timeout(20):
        first = await anext(lines)
        await bench.engine.stop_container(container, grace_s=0)
        rest = [line async for line in lines]

    assert (first, rest) == ("here I am", [])


async def test_a_log_is_followed_until_its_container_restarts_by_itself(bench: Bench) -> None:
    container = await bench.run(replace(bench.spec("one", *TALK), restart=True))

    async with bench.engine.follow_log(container) as lines, asyncio.timeout(20):
        told = [line async for line in lines]

    assert set(told) <= {"one", "two", "three"}


async def test_following_begins_with_the_last_lines_also_of_what_has_ended(bench: Bench) -> None:
    container = await bench.run(bench.spec("one", *TALK))
    await exit_code(bench.engine, container)

    async with bench.engine.follow_log(container) as lines, asyncio.timeout(20):
        told = [line async for line in lines]
    async with bench.engine.follow_log(container, tail=1) as lines, asyncio.timeout(20):
        last = [line async for line in lines]

    assert sorted(told) == ["one", "three", "two"]
    assert last == told[-1:]


async def test_a_container_that_never_started_has_an_empty_log(bench: Bench) -> None:
    container = await bench.engine.create_container(bench.spec())

    async with bench.engine.follow_log(container) as lines, asyncio.timeout(20):
        assert [line async for line in lines] == []


async def test_a_log_that_is_not_there_cannot_be_followed(bench: Bench) -> None:
    with pytest.raises(NotFound):
        async with bench.engine.follow_log(bench.name("none")):
            pass


async def test_a_running_container_is_measured(bench: Bench) -> None:
    container = await bench.run(bench.spec())

    usage = await bench.engine.container_usage(container)

    assert usage is not None
    assert 0 < usage.memory_bytes <= usage.memory_limit_bytes == 32 * 1024 * 1024
    assert usage.pids >= 1
    assert usage.cpu_s > 0
    assert usage.at.utcoffset() is not None


async def test_a_container_is_measured_as_often_as_anybody_asks(bench: Bench) -> None:
    container = await bench.run(bench.spec())

    async with asyncio.timeout(1):  # Docker itself lets who asks too soon wait for so long
        measured = [await bench.engine.container_usage(container) for _ in range(5)]

    assert None not in measured


async def test_what_does_not_run_uses_nothing(bench: Bench) -> None:
    container = await bench.run(bench.spec())
    await bench.engine.stop_container(container, grace_s=0)

    assert await bench.engine.container_usage(container) is None
    with pytest.raises(NotFound):
        await bench.engine.container_usage(bench.name("none"))
