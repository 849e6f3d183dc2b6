"""`GET /v1/operations/{id}/events`: an operation, watched while it goes on."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import delete

from moorage.kit.errors import Invalid
from moorage.operations.models import Operation, OperationEvent
from moorage.web import sse
from tests.make.streams import Event, events, listening, until, watching
from tests.make.world import Person, World

pytestmark = pytest.mark.anyio

REDIS = {"resource_name": "redis"}
STEPS = [
    ("step", "Image", "running"),
    ("step", "Image", "succeeded"),
    ("progress", 33),
    ("step", "Container", "running"),
    ("step", "Container", "succeeded"),
    ("progress", 66),
    ("step", "Login", "running"),
    ("step", "Login", "succeeded"),
    ("progress", 99),
    ("progress", 100),
    ("end", "succeeded"),
]


@pytest.fixture
async def url(world: World) -> AsyncIterator[str]:
    """Serve the world on a real socket."""
    async with listening(world) as url:
        yield url


async def order(person: Person) -> str:
    """Order something without waiting for it; return the path of the operation's events."""
    made = await person.http.post("/resource_list?wait=0", json=REDIS)
    assert made.status_code in (201, 202), made.text
    return f"{made.headers['Location']}/events"


async def order_held(world: World, person: Person, at: str = "before start_container") -> str:
    """Order something that goes no further than that; return the path of its events."""
    world.gate.close(at)
    path = await order(person)
    await world.gate.reached.wait()
    return path


def brief(seen: list[Event]) -> list[tuple[object, ...]]:
    """Return what events say, without times."""
    members = {"step": ("name", "status"), "progress": ("progress",), "line": ("text",)}
    return [
        (one.kind, *(one.data[name] for name in members.get(one.kind, ("status",)))) for one in seen
    ]


async def held(stream: AsyncIterator[Event]) -> list[Event]:
    """Return the events up to where an order is held."""
    return await until(stream, "step", name="Container", status="running")


def without_lines(seen: list[Event]) -> list[Event]:
    """Return all events but the lines that a job said."""
    return [event for event in seen if event.kind != "line"]


async def whole(url: str, person: Person, path: str, **headers: str) -> list[Event]:
    """Return all events of a stream that ends."""
    async with watching(url, person, path, **headers) as stream:
        return [event async for event in stream]


async def test_who_watches_is_told_of_each_step_as_it_happens(
    world: World, anna: Person, url: str
) -> None:
    path = await order_held(world, anna)

    async with watching(url, anna, path) as stream:
        before = await held(stream)
        world.gate.open()
        after = [event async for event in stream]

    assert brief(without_lines(before + after)) == STEPS


async def test_numbers_grow_and_every_event_says_when(world: World, anna: Person, url: str) -> None:
    path = await order(anna)

    seen = await whole(url, anna, path)

    numbers = [event.id or 0 for event in seen]
    assert numbers == sorted(set(numbers))
    assert min(numbers) > 0
    assert all(event.data["at"].endswith("Z") for event in seen)


async def test_a_watcher_that_comes_back_misses_nothing_and_hears_nothing_twice(
    subtests: pytest.Subtests, world: World, anna: Person, url: str
) -> None:
    path = await order(anna)
    seen = await whole(url, anna, path)

    for place, event in enumerate(seen):
        with subtests.test(place=place):
            by_header = await whole(url, anna, path, last_event_id=str(event.id))
            by_query = await whole(url, anna, f"{path}?after={event.id}")

            assert by_header == by_query == seen[place + 1 :]


async def test_whoever_has_heard_the_end_is_told_not_to_come_back(
    world: World, anna: Person
) -> None:
    path = await order(anna)
    await world.settled()
    *_, last = [event async for event in events(await anna.http.get(path))]

    answers = [
        await anna.http.get(path, headers={"Last-Event-ID": str(last.id)}),
        await anna.http.get(path, headers={"Last-Event-ID": str((last.id or 0) - 1)}),
    ]

    # https://html.spec.whatwg.org/multipage/server-sent-events.html#the-eventsource-interface
    assert [answer.status_code for answer in answers] == [204, 200]


async def test_two_watchers_hear_the_same_though_one_comes_late(
    world: World, anna: Person, admin: Person, url: str
) -> None:
    path = await order_held(world, anna)

    async with watching(url, anna, path) as early:
        first = await held(early)
        async with watching(url, admin, path) as late:
            world.gate.open()
            heard = [event async for event in early]
            heard_late = [event async for event in late]

    assert first + heard == heard_late


async def test_what_a_job_says_comes_as_lines_and_a_failure_as_a_status(
    world: World, anna: Person, url: str
) -> None:
    world.engine.fail_next("start_container", Invalid("There is no such user."))
    path = await order(anna)

    said = brief(await whole(url, anna, path))

    assert said[1] == ("line", f"Fetching {image(world)}")
    assert ("status", "undoing") in said
    assert ("step", "Container", "failed") in said
    assert said[-1] == ("end", "failed")


async def test_a_retried_operation_goes_on_with_larger_numbers_up_to_the_last_end(
    world: World, anna: Person, url: str
) -> None:
    world.engine.fail_next("start_container", Invalid("There is no such user."))
    path = await order(anna)
    first = await whole(url, anna, path)
    retried = await anna.http.post(path.replace("events", "retry"))
    assert retried.status_code == 202, retried.text

    both = await whole(url, anna, path)
    rest = await whole(url, anna, path, last_event_id=str(first[-1].id))

    assert both == first + rest
    assert [event.data["status"] for event in both if event.kind == "end"] == [
        "failed",
        "succeeded",
    ]
    assert brief(rest)[0] == ("status", "queued")
    assert ("step", "Image", "succeeded") not in brief(rest)


async def test_the_stream_ends_when_the_service_stops(world: World, anna: Person, url: str) -> None:
    path = await order_held(world, anna)

    async with watching(url, anna, path) as stream:
        before = await held(stream)
        world.db.wakes.close()
        after = [event async for event in stream]

    assert (brief(before)[-1], after) == (("step", "Container", "running"), [])


async def test_the_stream_ends_when_the_operation_is_forgotten(
    world: World, anna: Person, url: str
) -> None:
    path = await order_held(world, anna)

    async with watching(url, anna, path) as stream:
        await held(stream)
        async with world.db.begin() as session:
            await session.execute(delete(OperationEvent))
            await session.execute(delete(Operation))
        after = [event async for event in stream]

    assert after == []


async def test_a_watcher_that_goes_leaves_nothing_behind(
    world: World, anna: Person, url: str
) -> None:
    path = await order_held(world, anna)
    before = len(asyncio.all_tasks())

    async with watching(url, anna, path) as stream:
        await held(stream)
        during = len(asyncio.all_tasks())

    async with asyncio.timeout(10):
        while len(asyncio.all_tasks()) > before:
            await asyncio.sleep(0.01)
    assert during > before


async def test_it_is_answered_as_a_stream_that_nobody_keeps(world: World, anna: Person) -> None:
    path = await order(anna)
    await world.settled()

    answer = await anna.http.get(path)

    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert answer.text.startswith("retry: 1000\n\n")
    assert [event async for event in events(answer)]


async def test_a_silent_stream_says_that_it_is_still_there(
    world: World, anna: Person, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "KEEP_ALIVE_S", 0.01)
    path = await order_held(world, anna)
    headers = {"Authorization": f"Bearer {anna.token}"}

    async with (
        httpx.AsyncClient(base_url=url, headers=headers) as client,
        client.stream("GET", path) as answer,
    ):
        lines = answer.aiter_lines()
        async with asyncio.timeout(10):
            while await anext(lines) != ": still here":
                pass


async def test_what_somebody_else_does_is_not_there_to_watch(world: World, anna: Person) -> None:
    path = await order(anna)
    bob = await world.person("bob")

    answers = [await bob.http.get(path), await anna.http.get("/v1/operations/op_0/events")]

    for answer in answers:
        assert answer.status_code == 404
        assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("number", ["x", "-1", "1.5", str(1 << 63)])
async def test_a_number_that_no_event_has_is_refused_by_name(
    world: World, anna: Person, number: str
) -> None:
    path = await order(anna)

    header = await anna.http.get(path, headers={"Last-Event-ID": number})
    query = await anna.http.get(f"{path}?after={number}")

    assert (header.status_code, query.status_code) == (400, 400)
    assert named(header, "header") == "Last-Event-ID"
    assert named(query, "parameter") == "after"


def image(world: World) -> str:
    """Return what is fetched for an order."""
    [version, *_] = world.tools.catalog.get("redis").versions.values()
    return str(version.registry)


def named(answer: httpx.Response, place: str) -> str:
    """Return the one thing that an answer complains about."""
    [fault] = answer.json()["errors"]
    return str(fault[place])
