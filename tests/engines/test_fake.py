"""What the fake engine can do beyond the contract: fail on demand."""

from collections.abc import AsyncIterator

import pytest

from moorage.engines.fake import FakeEngine, Program
from moorage.engines.port import ContainerSpec, Engine, EngineEvent, ImageMissing
from moorage.kit.errors import Unavailable
from tests.make.gate import Gate, gated

pytestmark = pytest.mark.anyio

SPEC = ContainerSpec(name="cache", image="redis:8", labels={"moorage.instance": "7"})


@pytest.fixture
def engine() -> FakeEngine:
    """An engine whose registry has one image."""
    return FakeEngine(registry={"redis:8"})


@pytest.fixture
async def cache(engine: FakeEngine) -> str:
    """A container that runs."""
    engine.add_image("redis:8")
    container = await engine.create_container(SPEC)
    await engine.start_container(container)
    return container


async def actions(events: AsyncIterator[EngineEvent], count: int) -> list[str]:
    """Return what the next events are."""
    return [(await anext(events)).action for _ in range(count)]


async def ignore(_line: str) -> None:
    """Take a line of progress."""


async def test_a_fake_is_an_engine(engine: FakeEngine) -> None:
    same: Engine = engine

    assert (await same.info()).version == "fake"


async def test_only_what_its_registry_has_is_pulled(engine: FakeEngine) -> None:
    await engine.pull_image("redis:8", say=ignore)

    assert await engine.find_image("redis:8") is not None
    with pytest.raises(ImageMissing):
        await engine.pull_image("redis:9", say=ignore)


async def test_an_engine_that_is_down_answers_nothing(engine: FakeEngine) -> None:
    engine.down = True

    with pytest.raises(Unavailable):
        await engine.find_containers({})

    engine.down = False
    assert await engine.find_containers({}) == []


async def test_a_method_fails_as_often_as_it_was_told(engine: FakeEngine) -> None:
    engine.fail_next("info", Unavailable("First."))
    engine.fail_next("info", Unavailable("Second."))

    with pytest.raises(Unavailable, match="First"):
        await engine.info()
    with pytest.raises(Unavailable, match="Second"):
        await engine.info()
    await engine.info()


async def test_a_killed_container_has_exited(engine: FakeEngine, cache: str) -> None:
    async with engine.watch({}) as events:
        engine.kill("cache", oom=True)

        assert await actions(events, 2) == ["oom", "die"]

    seen = await engine.get_container(cache)
    assert (seen.status, seen.exit_code, seen.oom_killed) == ("exited", 137, True)


async def test_a_program_that_ends_is_restarted_again_and_again(engine: FakeEngine) -> None:
    engine.add_image("redis:8")
    engine.programs[()] = Program(output=("bad option",), exit_code=1)
    await engine.create_container(SPEC)

    await engine.start_container("cache")

    assert (await engine.get_container("cache")).status == "restarting"
    assert await engine.container_log("cache") == ["bad option"]


async def test_what_is_done_by_hand_is_told(engine: FakeEngine, cache: str) -> None:
    async with engine.watch(SPEC.labels) as events:
        engine.set_health("cache", "unhealthy")
        assert await actions(events, 1) == ["health_status"]
        assert (await engine.get_container(cache)).health == "unhealthy"

        engine.stop_by_hand("cache")
        assert await actions(events, 2) == ["die", "stop"]
        assert (await engine.get_container(cache)).status == "exited"

        engine.remove_by_hand("cache")
        assert await actions(events, 1) == ["destroy"]
        assert await engine.find_containers({}) == []


async def test_a_restart_cuts_listeners_off_and_leaves_nothing_running(
    engine: FakeEngine, cache: str
) -> None:
    async with engine.watch({}) as events, engine.follow_log(cache) as lines:
        engine.restart()

        with pytest.raises(Unavailable):
            await anext(events)
        with pytest.raises(Unavailable):
            await anext(lines)

    assert (await engine.get_container(cache)).status == "exited"


async def test_an_engine_that_goes_down_cuts_listeners_off(engine: FakeEngine, cache: str) -> None:
    async with engine.follow_log(cache) as lines:
        engine.down = True

        with pytest.raises(Unavailable):
            await anext(lines)
    with pytest.raises(Unavailable):
        async with engine.watch({}):
            pass


async def test_lines_reach_a_follower_until_the_container_stops(
    engine: FakeEngine, cache: str
) -> None:
    engine.write("cache", "one", "two")

    async with engine.follow_log(cache, tail=1) as lines:
        engine.write("cache", "three")
        engine.kill("cache")
        told = [line async for line in lines]

    assert told == ["two", "three"]


async def test_a_stream_passes_the_gate_before_and_after_it_opens(
    engine: FakeEngine, cache: str
) -> None:
    gate = Gate()
    engine.write("cache", "one")

    async with gated(engine, gate).follow_log(cache) as lines:
        assert await anext(lines) == "one"

    assert gate.passed == ["before follow_log", "after follow_log"]
