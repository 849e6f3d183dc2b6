"""What the fake engine can do beyond the contract: fail on demand."""

import pytest

from moorage.engines.fake import FakeEngine, Program
from moorage.engines.port import ContainerSpec, Engine, ImageMissing
from moorage.kit.errors import Unavailable

pytestmark = pytest.mark.anyio

SPEC = ContainerSpec(name="cache", image="redis:8", labels={"moorage.instance": "7"})


@pytest.fixture
def engine() -> FakeEngine:
    """An engine whose registry has one image."""
    return FakeEngine(registry={"redis:8"})


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


async def test_a_killed_container_has_exited(engine: FakeEngine) -> None:
    engine.add_image("redis:8")
    await engine.create_container(SPEC)
    await engine.start_container("cache")

    engine.kill("cache", oom=True)

    seen = await engine.get_container("cache")
    assert (seen.status, seen.exit_code, seen.oom_killed) == ("exited", 137, True)


async def test_a_program_that_ends_is_restarted_again_and_again(engine: FakeEngine) -> None:
    engine.add_image("redis:8")
    engine.programs[()] = Program(output=("bad option",), exit_code=1)
    await engine.create_container(SPEC)

    await engine.start_container("cache")

    assert (await engine.get_container("cache")).status == "restarting"
    assert await engine.container_log("cache") == ["bad option"]
