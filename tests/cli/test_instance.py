"""`moor instance`, and what `moor db` has of it."""

import json

import pytest

from moorage.kit.errors import Invalid
from tests.cli.conftest import Shell
from tests.make.world import World

pytestmark = pytest.mark.anyio

ORDER = ("instance", "create", "redis", "--name", "cache", "--set", "--maxmemory=50mb")


async def test_an_instance_is_ordered_listed_shown_and_removed(world: World, anna: Shell) -> None:
    made = await anna.moor(*ORDER, "--label", "team=shop")

    listed = await anna.moor("instance", "ls", "--label", "team=shop")
    shown = json.loads((await anna.moor("instance", "show", "1", "--json")).text)
    text = (await anna.moor("instance", "show", shown["id"])).text
    url = (await anna.moor("instance", "credentials", "1")).text.strip()
    removed = await anna.moor("instance", "rm", shown["id"], "--yes")

    assert made.text == f"{shown['id']}: instance.create succeeded\n"
    assert [line.split() for line in listed.text.splitlines()] == [
        ["NUMBER", "ID", "BLUEPRINT", "STATUS", "NAME"],
        ["1", shown["id"], "redis", "running", "cache"],
    ]
    assert shown["options"] == {"--maxmemory": "50mb"}
    assert f"endpoints: {shown['endpoints'][0]['url']}" in text
    assert url.startswith("redis://default:")
    assert url not in text
    assert removed.text == f"{shown['id']}: instance.delete succeeded\n"
    assert await world.made() == []
    assert "There are none yet" in (await anna.moor("instance", "ls")).text


async def test_an_order_that_fails_ends_with_its_cause(world: World, anna: Shell) -> None:
    world.engine.fail_next("start_container", Invalid("There is no such user."))

    told = await anna.moor(*ORDER)

    assert (told.text, told.error) == ("", "instance.create failed: There is no such user.")


async def test_who_does_not_wait_gets_the_operation(world: World, anna: Shell) -> None:
    world.gate.close("before start_container")

    told = json.loads((await anna.moor(*ORDER, "--no-wait", "--json")).text)
    world.gate.open()

    assert told["id"].startswith("op_")
    assert told["status"] == "queued"


@pytest.mark.parametrize("noun", ["db", "instance"])
async def test_it_is_stopped_started_and_restarted(world: World, anna: Shell, noun: str) -> None:
    await anna.moor(*ORDER)
    seen = []

    for verb in ("stop", "start", "restart"):
        told = await anna.moor(noun, verb, "1")
        status = json.loads((await anna.moor("instance", "show", "1", "--json")).text)["status"]
        seen.append((told.text.split()[1:], status))

    assert seen == [
        (["instance.stop", "succeeded"], "stopped"),
        (["instance.start", "succeeded"], "running"),
        (["instance.restart", "succeeded"], "running"),
    ]


@pytest.mark.parametrize("noun", ["db", "instance"])
async def test_its_log_is_printed(world: World, anna: Shell, noun: str) -> None:
    await anna.moor(*ORDER)
    [container] = world.engine.containers
    world.engine.write(container, "one", "two")
    await anna.moor("instance", "stop", "1")  # or it would be followed for ever

    once = await anna.moor(noun, "logs", "1", "--tail", "1")
    followed = await anna.moor(noun, "logs", "1", "-f")
    as_json = await anna.moor(noun, "logs", "1", "-f", "--json")

    assert once.text == "two\n"
    assert followed.text == "one\ntwo\n"
    assert [json.loads(line) for line in as_json.text.splitlines()] == [
        {"text": "one"},
        {"text": "two"},
    ]


async def test_a_database_is_named_by_its_number_its_id_or_its_name(
    world: World, anna: Shell
) -> None:
    await anna.moor(*ORDER)
    made = json.loads((await anna.moor("instance", "show", "1", "--json")).text)

    by_number = await anna.moor("db", "show", "1")
    by_id = await anna.moor("db", "show", made["id"])

    by_name = await anna.moor("db", "show", "cache")
    assert by_number == by_id == by_name
    assert "name: cache" in by_id.text


async def test_databases_are_listed_in_columns_and_shown_in_words(
    world: World, anna: Shell
) -> None:
    await anna.moor("db", "create", "redis", "--name", "cache", "--no-wait")
    await world.settled()

    listed = await anna.moor("db", "ls")
    shown = await anna.moor("db", "show", "cache")

    assert listed.text.splitlines() == [
        "ID  RESOURCE  STATUS   NAME",
        "1   redis     running  cache",
    ]
    assert "is_running: yes" in shown.text.splitlines()


async def test_a_database_that_is_not_there_is_told_with_where_to_look(anna: Shell) -> None:
    told = [await anna.moor("db", verb, "99") for verb in ("show", "credentials", "rm")]

    assert {one.error for one in told} == {"There is no database 99; `moor db ls` lists yours."}


async def test_nothing_is_removed_when_nobody_is_there_to_ask(world: World, anna: Shell) -> None:
    await anna.moor(*ORDER)

    of_db = await anna.moor("db", "rm", "1")
    of_instance = await anna.moor("instance", "rm", "cache", "--keep-data")

    told = "Nobody is there to ask; say --yes to remove"
    assert of_db.error == f"{told} redis 1 (cache) and all its data."
    assert of_instance.error == f"{told} cache, but keep its data."
    assert len(world.engine.containers) == 1


async def test_a_database_is_removed_by_its_name(world: World, anna: Shell) -> None:
    await anna.moor(*ORDER)

    told = await anna.moor("db", "rm", "cache", "--yes")

    assert told.text == "redis 1 (cache) is gone\n"
    assert await world.made() == []


async def test_every_bad_field_of_an_order_is_told(anna: Shell) -> None:
    told = await anna.moor("instance", "create", "redis", "--name", "My Cache", "--cpus", "1000")

    assert told.error
    assert "'My Cache' is given" in told.error
    assert "cpus must be from" in told.error
