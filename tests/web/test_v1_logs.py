"""`GET /v1/instances/{id}/logs`: what an instance writes, once or as it comes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from moorage.engines.fake import FakeEngine
from tests.make.streams import Event, listening, until, watching
from tests.make.v1 import order, running
from tests.make.world import Person, World, make_engine, open_world

pytestmark = pytest.mark.anyio

LOGS = "/v1/instances/1/logs"


class CountingEngine(FakeEngine):
    """followed: how many logs are listened to."""

    followed = 0

    @asynccontextmanager
    async def follow_log(
        self, id_or_name: str, *, tail: int = 20
    ) -> AsyncIterator[AsyncIterator[str]]:
        """Listen to a log, and count that."""
        async with super().follow_log(id_or_name, tail=tail) as lines:
            self.followed += 1
            try:
                yield lines
            finally:
                self.followed -= 1


async def container(world: World, person: Person) -> str:
    """Order an instance; return the name of its container when it runs."""
    await running(world, person)
    [name] = world.engine.containers
    return name


def texts(seen: list[Event]) -> list[str]:
    """Return the lines that events carry."""
    assert {event.kind for event in seen} <= {"line"}
    return [event.data["text"] for event in seen]


async def test_the_last_lines_are_shown(world: World, anna: Person) -> None:
    name = await container(world, anna)
    world.engine.write(name, "one", "two", "three")

    answer = await anna.http.get(f"{LOGS}?tail=2")

    assert answer.json() == {"lines": ["two", "three"]}
    assert answer.headers["Cache-Control"] == "no-store"


async def test_secrets_are_masked(world: World, anna: Person) -> None:
    name = await container(world, anna)
    password = (await anna.http.get("/v1/instances/1/credentials")).json()["password"]
    world.engine.write(name, f"AUTH {password} from 192.0.2.1")

    once = (await anna.http.get(LOGS)).json()["lines"]
    async with listening(world) as url, watching(url, anna, f"{LOGS}?follow=true") as stream:
        followed = await until(stream, "line")

    assert once == texts(followed) == ["AUTH *** from 192.0.2.1"]


async def test_what_is_not_made_yet_has_no_log(world: World, anna: Person) -> None:
    world.gate.close("before create_container")
    await order(anna)
    await world.gate.reached.wait()

    once = await anna.http.get(LOGS)
    followed = await anna.http.get(f"{LOGS}?follow=true")
    world.gate.open()

    assert once.json() == {"lines": []}
    assert followed.status_code == 404


async def test_lines_are_followed_until_the_instance_stops(world: World, anna: Person) -> None:
    name = await container(world, anna)
    world.engine.write(name, "old")

    async with listening(world) as url, watching(url, anna, f"{LOGS}?follow=true") as stream:
        first = await until(stream, "line", text="old")
        world.engine.write(name, "new", "newer")
        second = await until(stream, "line", text="newer")
        await anna.http.post("/v1/instances/1/stop")
        rest = [event async for event in stream]

    assert texts(first + second) == ["old", "new", "newer"]
    assert rest == []


async def test_who_accepts_events_follows(world: World, anna: Person) -> None:
    name = await container(world, anna)
    world.engine.write(name, "old")

    async with (
        listening(world) as url,
        watching(url, anna, LOGS, accept="text/event-stream") as stream,
    ):
        seen = await until(stream, "line")

    assert texts(seen) == ["old"]


async def test_who_goes_is_no_longer_listened_for(tmp_path: Path) -> None:
    engine = CountingEngine(registry=make_engine().registry)
    async with open_world(tmp_path, engine=engine) as world, listening(world) as url:
        anna = await world.person("anna")
        engine.write(await container(world, anna), "old")

        async with watching(url, anna, f"{LOGS}?follow=true") as stream:
            await until(stream, "line")
            during = engine.followed
        async with asyncio.timeout(10):
            while engine.followed:
                await asyncio.sleep(0.01)

    assert during == 1


async def test_the_stream_ends_when_the_engine_goes_and_when_the_service_stops(
    subtests: pytest.Subtests, world: World, anna: Person
) -> None:
    name = await container(world, anna)
    world.engine.write(name, "old")

    for what, end in (("engine", world.engine.restart), ("service", world.db.wakes.close)):
        with subtests.test(what):
            world.engine.containers[name].output[:] = ["old"]
            await world.tools.engines["local"].start_container(name)
            async with (
                listening(world) as url,
                watching(url, anna, f"{LOGS}?follow=true") as stream,
            ):
                await until(stream, "line")
                end()
                assert [event async for event in stream] == []


async def test_without_an_engine_there_is_a_problem_and_no_stream(
    world: World, anna: Person
) -> None:
    await container(world, anna)
    world.engine.down = True

    for path in (LOGS, f"{LOGS}?follow=true"):
        answer = await anna.http.get(path)
        assert answer.status_code == 503
        assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("query", ["tail=-1", "tail=10001", "tail=all", "follow=perhaps"])
async def test_a_parameter_that_makes_no_sense_is_refused(
    world: World, anna: Person, query: str
) -> None:
    await container(world, anna)

    answer = await anna.http.get(f"{LOGS}?{query}")

    assert answer.status_code == 400
