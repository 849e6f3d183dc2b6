"""`moor op`."""

import json

import anyio
import pytest

from moorage.kit.errors import Invalid
from tests.cli.conftest import Shell, Told
from tests.make.v1 import order
from tests.make.world import World

pytestmark = pytest.mark.anyio


async def test_watching_prints_what_happens_until_the_end(world: World, anna: Shell) -> None:
    world.gate.close("before start_container")
    operation = await order(anna.person)
    await world.gate.reached.wait()
    told: list[Told] = []

    async with anyio.create_task_group() as group:

        async def watch() -> None:
            told.append(await anna.moor("op", "watch", operation["id"]))

        group.start_soon(watch)
        world.gate.open()

    [seen] = told
    lines = seen.text.splitlines()
    assert seen.error is None
    assert lines[0] == "Image: running"
    assert lines[1].startswith("    Fetching redis:")
    assert lines[-2:] == ["100 %", "It succeeded."]


async def test_watching_as_json_is_an_object_a_line(world: World, anna: Shell) -> None:
    operation = await order(anna.person)

    told = await anna.moor("op", "watch", operation["id"], "--json")

    events = [json.loads(line) for line in told.text.splitlines()]
    assert events[0].items() >= {"event": "step", "name": "Image", "status": "running"}.items()
    assert events[-1].items() >= {"event": "end", "status": "succeeded"}.items()
    assert all(event["id"] and event["at"] for event in events)


async def test_watching_what_fails_ends_with_its_cause(world: World, anna: Shell) -> None:
    world.engine.fail_next("start_container", Invalid("There is no such user."))
    operation = await order(anna.person)

    told = await anna.moor("op", "watch", operation["id"])

    assert told.text.endswith("It is undoing. There is no such user.\nIt failed.\n")
    assert told.error == "instance.create failed: There is no such user."


async def test_a_failed_operation_is_listed_shown_and_tried_again(
    world: World, anna: Shell
) -> None:
    world.engine.fail_next("start_container", Invalid("There is no such user."))
    operation = (await order(anna.person))["id"]
    await world.settled()

    listed = await anna.moor("op", "ls", "--status", "failed")
    shown = await anna.moor("op", "show", operation)
    retried = await anna.moor("op", "retry", operation)
    await world.settled()
    after = json.loads((await anna.moor("op", "show", operation, "--json")).text)

    assert listed.text.splitlines()[1].startswith(f"{operation}  instance.create  ins_")
    assert "error: There is no such user." in shown.text
    assert "Container  failed " in shown.text
    assert retried.text == f"{operation} is tried again; moor op watch {operation}\n"
    assert after["status"] == "succeeded"
    assert (await anna.moor("op", "ls", "--kind", "instance.stop")).text == "There are none yet.\n"


async def test_what_has_ended_cannot_be_cancelled(world: World, anna: Shell) -> None:
    operation = (await order(anna.person))["id"]
    await world.settled()

    told = await anna.moor("op", "cancel", operation)

    assert told.error
    assert "has ended" in told.error


async def test_what_is_not_there_cannot_be_watched(anna: Shell) -> None:
    told = await anna.moor("op", "watch", "op_0")

    assert (told.text, told.error) == ("", "There is no operation 'op_0'.")
