"""`/installApp`: what is ordered, what is refused, and in which order it is looked at."""

import math
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from moorage.engines.port import ContainerSpec, PublishedPort
from moorage.images.service import Images
from moorage.instances import apps
from moorage.instances.service import Order
from moorage.kit.errors import Conflict, Invalid, Unavailable
from tests.make.apps import Json, answered, asked, installed
from tests.make.world import Person, World, open_world

pytestmark = pytest.mark.anyio


async def test_an_app_is_on_its_way_with_its_container_ports_and_operation(
    world: World, anna: Person
) -> None:
    answer = await anna.http.post("/installApp", json={"appName": "redmine"})

    told = answered(answer)
    assert (told["code"], told["message"]) == ("1", "redmine is being installed.")
    data = told["data"]
    assert (data["containerName"], data["port"], data["db_port"]) == (
        "websoft9-redmine",
        "9001",
        "3307",
    )
    assert answer.headers["Location"] == data["operation"]
    [operation] = await world.settled()
    assert data["operation"] == f"/v1/operations/{operation.id}"
    assert operation.status == "succeeded"
    assert world.engine.containers.keys() == {"websoft9-redmine", "websoft9-redmine-db"}


async def test_an_app_without_a_database_has_no_port_of_one(world: World, anna: Person) -> None:
    data = await installed(world, anna, "dokuwiki")

    assert (data["port"], data["db_port"]) == ("9001", "")


@pytest.mark.parametrize(
    "request_of",
    [
        pytest.param({"method": "GET", "params": {"appName": "dokuwiki"}}, id="GET, query"),
        pytest.param({"method": "GET", "json": {"appName": "dokuwiki"}}, id="GET, JSON"),
        pytest.param({"method": "POST", "params": {"appName": "dokuwiki"}}, id="POST, query"),
        pytest.param({"method": "POST", "json": {"appName": "dokuwiki"}}, id="POST, JSON"),
        pytest.param({"method": "POST", "data": {"appName": "dokuwiki"}}, id="POST, form"),
        pytest.param(
            {
                "method": "POST",
                "content": b'{"appName": "dokuwiki"}',
                "headers": {"content-type": "application/x-www-form-urlencoded"},
            },
            id="POST, JSON that curl -d calls a form",
        ),
    ],
)
async def test_it_does_not_matter_how_it_is_said(anna: Person, request_of: Json) -> None:
    answer = await anna.http.request(url="/installApp", **request_of)

    assert answered(answer)["code"] == "1"


async def test_settings_come_as_an_object_or_as_its_text(world: World, anna: Person) -> None:
    query = {"appName": "dokuwiki", "settings": '{"DOKUWIKI_LANG": "zh"}', "version": ""}

    told = answered(await anna.http.get("/installApp", params=query))

    assert told["code"] == "1"
    await world.settled()
    environment = world.engine.containers["websoft9-dokuwiki"].spec.environment
    assert environment["DOKUWIKI_LANG"] == "zh"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "appName is required."),
        ({"appName": ""}, "appName is required."),
        ({"appName": None}, "appName must be a text; given was null."),
        ({"appName": True}, "appName must be a text; given was true."),
        ({"appName": "nothere"}, "There is no app nothere in the catalogue; getAppList lists all."),
        ({"appName": "mysql"}, "There is no app mysql in the catalogue; getAppList lists all."),
        *(
            ({"appName": name}, f"appName: {name!r:.80} is given; an app's name has 2 to 40")
            for name in (
                "Redmine",
                "r",
                "-redmine",
                "red mine",
                "../redmine",
                "a" * 41,
                "red\nmine",
            )
        ),
        ({"appName": "dokuwiki", "app": 1}, "app is no field of this request; it takes appName, "),
        (
            {"appName": "dokuwiki", "domain": "a.example"},
            "domain: is not possible yet; leave it out",
        ),
        (
            {"appName": "dokuwiki", "version": "1"},
            "version: '1' is no version of dokuwiki; there are",
        ),
        ({"appName": "dokuwiki", "customName": "A!"}, "customName: 'A!' is given; 1 to 63 lower"),
        ({"appName": "dokuwiki", "settings": {"X": "1"}}, "settings.X: is unknown"),
        ({"appName": "dokuwiki", "settings": "{"}, "settings must be an object"),
        (
            {"appName": "dokuwiki", "server": "mars"},
            "server: 'mars' is unknown; choose one of: local",
        ),
    ],
)
async def test_what_makes_no_sense_is_refused_in_words_of_its_own(
    world: World, anna: Person, fields: Json, sentence: str
) -> None:
    told = await asked(anna, "/installApp", **fields)

    assert (told["code"], told["data"]) == ("0", {})
    assert told["message"].startswith(sentence)
    assert await world.made() == []


async def test_the_port_that_is_told_is_one_that_nobody_holds(world: World, anna: Person) -> None:
    world.engine.taken_ports = {9001, 9002}

    data = await installed(world, anna)

    told = await asked(anna, "/getAppInfo", appName="dokuwiki")
    assert (data["port"], told["data"]["port"], told["data"]["status"]) == ("9003", "9003", "1")


async def test_no_port_that_is_free_refuses_the_install(tmp_path: Path) -> None:
    async with open_world(tmp_path, app_ports="9001-9003") as small:
        anna = await small.person("anna")
        small.engine.taken_ports = {9001, 9002, 9003}

        told = await asked(anna, "/installApp", appName="dokuwiki")

        assert told["code"] == "0"
        assert told["message"].startswith("All ports of 9001-9003 are in use.")
        assert await small.settled() == []


async def test_a_port_that_another_container_publishes_is_passed_over_wherever_the_engine_runs(
    world: World, anna: Person
) -> None:
    world.engine.is_here = False
    world.engine.add_image("theirs")
    ports = (PublishedPort("127.0.0.1", 9001, 80),)
    spec = ContainerSpec(name="theirs", image="theirs", labels={}, ports=ports)
    await world.engine.start_container(await world.engine.create_container(spec))

    told = await asked(anna, "/installApp", appName="dokuwiki")

    assert told["data"]["port"] == "9002"


async def test_a_field_that_is_there_twice_is_refused(world: World, anna: Person) -> None:
    path = "/installApp?appName=dokuwiki"

    twice = answered(await anna.http.get(f"{path}&appName=redmine"))
    both = answered(await anna.http.post(path, json={"appName": "redmine"}))

    for told in (twice, both):
        assert told["code"] == "0"
        assert told["message"] == "The request says 'appName' twice; say it once."
    assert await world.made() == []


async def test_too_little_memory_and_too_small_a_disk_are_told_apart(
    world: World, anna: Person
) -> None:
    needs = world.tools.catalog.app("dokuwiki").needs
    memory, disk = math.ceil(needs.memory_mib * 1.2), needs.disk_mib + 2048

    world.engine.memory_free_mib = memory - 1
    no_memory = await asked(anna, "/installApp", appName="dokuwiki")
    world.engine.memory_free_mib, world.engine.disk_free_mib = memory, disk - 1
    no_disk = await asked(anna, "/installApp", appName="dokuwiki")
    world.engine.disk_free_mib = disk
    enough = await asked(anna, "/installApp", appName="dokuwiki")

    assert (no_memory["code"], no_disk["code"], enough["code"]) == ("0", "0", "1")
    assert f"MiB of memory, and the server has {memory - 1} MiB left" in no_memory["message"]
    assert f"MiB on the disk, and the server has {disk - 1} MiB left" in no_disk["message"]


async def test_an_image_that_no_registry_has_refuses_the_install_before_anything_starts(
    world: World, anna: Person
) -> None:
    told = await asked(anna, "/installApp", appName="grafana")

    assert told["code"] == "0"
    assert told["message"] == (
        "No registry has the image grafana/grafana:12.1.1: choose another version."
    )
    assert await world.settled() == []


async def test_an_image_whose_registry_is_silent_refuses_the_install_and_is_not_asked_again(
    world: World, anna: Person
) -> None:
    world.engine.fail_next("ask_registry", Unavailable("No registry answers."))

    told = [await asked(anna, "/installApp", appName="grafana") for _ in range(2)]

    for one in told:
        assert one["code"] == "0"
        assert one["message"].startswith(
            "The image grafana/grafana:12.1.1 is not on the server, and its registry does not"
        )
    assert world.gate.passed.count("before ask_registry") == 1
    assert await world.settled() == []


@pytest.mark.parametrize("is_there", [False, True])
async def test_an_image_that_a_registry_or_the_server_has_is_installed(
    world: World, anna: Person, is_there: bool
) -> None:
    image = "grafana/grafana:12.1.1"
    if is_there:
        world.engine.add_image(image)
    else:
        world.engine.registry.add(image)

    await installed(world, anna, "grafana")

    assert "websoft9-grafana" in world.engine.containers


async def test_an_image_that_the_settings_let_nobody_fetch_refuses_the_install(
    world: World,
) -> None:
    tools = replace(world.tools, images=Images(mode="build"))

    with pytest.raises(Conflict, match="MOORAGE_IMAGES=build allows no source of its image"):
        await apps.check_room(tools, Order(blueprint="grafana"), sees=None)
    await apps.check_room(tools, Order(blueprint="dokuwiki"), sees=None)


async def test_a_container_of_that_name_is_not_touched_whosever_it_is(
    world: World, anna: Person
) -> None:
    world.engine.add_image("theirs")
    spec = ContainerSpec(name="websoft9-dokuwiki", image="theirs", labels={})
    theirs = await world.engine.create_container(spec)

    told = await asked(anna, "/installApp", appName="dokuwiki")

    assert told["code"] == "0"
    assert told["message"].startswith("A container websoft9-dokuwiki exists on this server")
    assert await world.made() == ["websoft9-dokuwiki"]
    assert (await world.engine.get_container(theirs)).status == "created"


async def test_what_is_there_exists_for_everybody_and_who_sees_it_is_told_to_remove_it(
    world: World, anna: Person, admin: Person
) -> None:
    bob = await world.person("bob")
    await installed(world, bob)

    told = [await asked(person, "/installApp", appName="dokuwiki") for person in (anna, bob, admin)]

    assert [one["code"] for one in told] == ["0", "0", "0"]
    assert told[0]["message"] == "websoft9-dokuwiki exists on this server already."
    for one in told[1:]:
        assert one["message"] == "websoft9-dokuwiki exists on this server already; remove it first."


@pytest.mark.parametrize("until", ["before create_container", "before start_container"])
async def test_what_is_being_installed_or_removed_says_so_to_everybody(
    world: World, anna: Person, until: str
) -> None:
    bob = await world.person("bob")
    world.gate.close(until)
    await asked(bob, "/installApp", appName="dokuwiki")
    await world.gate.reached.wait()

    made = [await asked(person, "/installApp", appName="dokuwiki") for person in (anna, bob)]
    world.gate.open()
    await world.settled()
    world.gate.close("before remove_container")
    await bob.http.delete("/v1/instances/1")
    await world.gate.reached.wait()
    removed = [await asked(person, "/installApp", appName="dokuwiki") for person in (anna, bob)]
    world.gate.open()

    assert {one["message"] for one in made} == {
        "websoft9-dokuwiki is being installed on this server already."
    }
    assert {one["message"] for one in removed} == {
        "websoft9-dokuwiki is being removed from this server; try again when it is gone."
    }


async def test_of_two_installs_at_one_moment_one_is_made(world: World, anna: Person) -> None:
    bob = await world.person("bob")
    codes: list[str] = []

    async def install(person: Person) -> None:
        codes.append((await asked(person, "/installApp", appName="dokuwiki"))["code"])

    async with anyio.create_task_group() as group:
        group.start_soon(install, anna)
        group.start_soon(install, bob)

    assert sorted(codes) == ["0", "1"]
    assert [operation.status for operation in await world.settled()] == ["succeeded"]


async def test_the_same_key_installs_once_and_has_the_same_answer(
    world: World, anna: Person
) -> None:
    headers = {"idempotency-key": "k1"}
    first = await anna.http.post("/installApp", json={"appName": "dokuwiki"}, headers=headers)
    await world.settled()

    again = await anna.http.post("/installApp", data={"appName": "dokuwiki"}, headers=headers)
    other = await anna.http.post("/installApp", json={"appName": "redmine"}, headers=headers)

    assert answered(again) == answered(first)
    assert again.headers["Location"] == first.headers["Location"]
    assert answered(other)["code"] == "0"
    assert len(await world.settled()) == 1


async def test_after_a_failure_nothing_is_left_but_its_cause_and_it_can_be_tried_again(
    world: World, anna: Person
) -> None:
    world.engine.fail_next("start_container", Invalid("There is no such user."))
    await installed(world, anna)

    failed = await asked(anna, "/getAppInfo", appName="dokuwiki")
    left = await world.made()
    await installed(world, anna)
    again = await asked(anna, "/getAppInfo", appName="dokuwiki")

    assert left == []
    assert failed["data"]["status"] == "2"
    assert failed["data"]["info"] == "There is no such user."
    assert failed["data"]["containers"] == []
    assert again["data"]["status"] == "1"


async def test_while_the_engine_is_away_nothing_is_ordered(world: World, anna: Person) -> None:
    world.engine.down = True

    told = await asked(anna, "/installApp", appName="dokuwiki")

    assert (told["code"], told["message"]) == ("0", "The engine does not answer.")
    assert await world.settled() == []
