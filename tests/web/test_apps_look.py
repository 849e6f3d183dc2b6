"""`/getAppInfo`, `/getAllAppInfo`, `/getAppList` and `/searchServer`."""

import asyncio
import re
from dataclasses import replace
from typing import Literal

import pytest

from moorage.instances.models import Instance
from moorage.inventory.models import Server
from moorage.operations.models import Operation
from moorage.web.apps import states
from tests.make.apps import answered, asked, installed
from tests.make.world import Person, World

pytestmark = pytest.mark.anyio


async def test_an_app_that_runs_shows_where_and_with_which_containers(
    world: World, anna: Person
) -> None:
    await installed(world, anna, "redmine")

    told = await asked(anna, "/getAppInfo", appName="redmine")

    data = told["data"]
    assert told["code"] == "1"
    assert (data["status"], data["port"], data["db_port"]) == ("1", "9001", "3307")
    assert (data["info"], data["version"]) == ("It runs.", "6.0")
    assert {one["service"]: (one["name"], one["status"]) for one in data["containers"]} == {
        "db": ("websoft9-redmine-db", "running"),
        "redmine": ("websoft9-redmine", "running"),
    }


@pytest.mark.parametrize("status", ["exited", "paused", None])
async def test_an_app_whose_containers_do_not_all_run_is_not_told_to_run(
    world: World, anna: Person, status: Literal["exited", "paused"] | None
) -> None:
    await installed(world, anna, "redmine")
    world.gate.close("before find_volumes")  # no look ends any more
    database = world.engine.containers.pop("websoft9-redmine-db")
    if status is not None:
        database.seen = replace(database.seen, status=status)
        world.engine.containers["websoft9-redmine-db"] = database

    data = (await asked(anna, "/getAppInfo", appName="redmine"))["data"]

    assert (data["status"], data["info"]) == ("0", "It is being looked at.")


async def test_an_app_that_ends_again_and_again_has_failed_before_anybody_looked(
    world: World, anna: Person
) -> None:
    await installed(world, anna)
    world.gate.close("before find_volumes")  # no look ends any more
    container = world.engine.containers["websoft9-dokuwiki"]
    container.seen = replace(container.seen, status="restarting", exit_code=3)

    data = (await asked(anna, "/getAppInfo", appName="dokuwiki"))["data"]

    assert data["status"] == "2"
    assert data["info"].startswith("Its container dokuwiki ends again and again (exit code 3)")


async def test_an_app_on_its_way_shows_how_far_it_is(world: World, anna: Person) -> None:
    world.gate.close("before start_container")
    await asked(anna, "/installApp", appName="dokuwiki")
    await world.gate.reached.wait()

    data = (await asked(anna, "/getAppInfo", appName="dokuwiki"))["data"]

    assert data["status"] == "0"
    assert re.match(r"It is being installed: \d+%, its containers", data["info"])
    in_chinese = await anna.http.get(
        "/getAppInfo", params={"appName": "dokuwiki"}, headers={"Accept-Language": "zh"}
    )
    assert re.match(r"正在安装:\d+%,启动容器", in_chinese.json()["data"]["info"])
    world.gate.open()
    await world.settled()


async def test_an_app_that_is_being_restarted_is_not_told_to_run(
    world: World, anna: Person
) -> None:
    await installed(world, anna)
    world.gate.close("before stop_container")

    await anna.http.post("/v1/instances/1/restart")
    await world.gate.reached.wait()
    data = (await asked(anna, "/getAppInfo", appName="dokuwiki"))["data"]
    instance = (await anna.http.get("/v1/instances/1")).json()

    assert data["status"] == "0"
    assert data["info"].startswith("It is being restarted")
    assert (instance["status"], instance["health"]) == ("running", "starting")
    world.gate.open()
    await world.settled()
    assert (await anna.http.get("/v1/instances/1")).json()["health"] == "healthy"


async def test_an_app_that_was_stopped_is_not_started(world: World, anna: Person) -> None:
    await installed(world, anna)
    await anna.http.post("/v1/instances/1/stop")
    await world.settled()

    data = (await asked(anna, "/getAppInfo", appName="dokuwiki"))["data"]

    assert (data["status"], data["info"]) == ("0", "It is stopped.")


def test_an_app_of_which_no_step_has_begun_says_what_will_become_of_it() -> None:
    ordered = Instance(status="creating"), Operation(kind="instance.create", status="queued")

    assert states.status_of(*ordered) == "0"
    assert states.info_of(*ordered) == "It is being installed."


def test_an_app_that_is_not_well_says_why() -> None:
    sick = Instance(status="degraded", message="The container db has stopped.")
    done = Operation(kind="instance.create", status="succeeded")

    assert states.status_of(sick, done) == "2"
    assert states.info_of(sick, done) == "The container db has stopped."


async def test_what_is_not_installed_or_somebody_elses_is_not_there(
    world: World, anna: Person
) -> None:
    await installed(world, await world.person("bob"))

    told = await asked(anna, "/getAppInfo", appName="dokuwiki")
    unknown = await asked(anna, "/getAppInfo", appName="nothere")

    assert (told["code"], told["message"]) == ("0", "dokuwiki is not installed.")
    assert (unknown["code"], unknown["message"]) == ("0", "nothere is not installed.")


async def test_everybody_sees_its_own_apps_and_an_administrator_all(
    world: World, anna: Person, admin: Person
) -> None:
    await installed(world, anna, "dokuwiki")
    await installed(world, await world.person("bob"), "redmine")
    await anna.http.post("/resource_list", json={"resource_name": "redis"})

    mine = await asked(anna, "/getAllAppInfo")
    all_of_them = await asked(admin, "/getAllAppInfo")

    assert [app["appName"] for app in mine["data"]["apps"]] == ["dokuwiki"]
    assert [app["appName"] for app in all_of_them["data"]["apps"]] == ["dokuwiki", "redmine"]


async def test_the_catalogue_has_what_a_form_needs(anna: Person) -> None:
    told = await asked(anna, "/getAppList", search="WIKI", category="wiki")

    apps = {app["appName"]: app for app in told["data"]["apps"]}
    assert {"dokuwiki", "mediawiki"} <= apps.keys()
    assert all(app["category"] == "wiki" for app in apps.values())
    assert apps["dokuwiki"]["title"] == "DokuWiki"
    assert apps["dokuwiki"]["needs_registry"] is False
    assert "DOKUWIKI_LANG" in apps["dokuwiki"]["settings"]["properties"]


async def test_a_search_that_finds_nothing_is_an_empty_list(anna: Person) -> None:
    told = await asked(anna, "/getAppList", search="zzz")

    assert (told["code"], told["data"]) == ("1", {"apps": []})


async def test_a_server_shows_what_it_is_doing(world: World, anna: Person) -> None:
    await installed(world, anna)

    told = answered(await anna.http.get("/searchServer"))

    data = told["data"]
    assert told["code"] == "1"
    assert (data["cpu"], data["memory"], data["hdd"]) == ("25%", "25%", "30%")
    assert (data["containers"], data["uptime"]) == (1, 3600)
    assert data["load"] == [0.5, 0.25, 0.12]


async def test_what_a_machine_elsewhere_is_doing_is_unknown(world: World, anna: Person) -> None:
    async with world.db.begin() as session:
        session.add(Server(name="mars"))

    data = (await asked(anna, "/searchServer", server="mars"))["data"]

    assert (data["cpu"], data["memory"], data["hdd"]) == ("unknown",) * 3
    assert (data["load"], data["uptime"]) == ([], None)
    assert "What its machine is doing cannot be seen from here." in data["info"]


async def test_what_a_machine_that_does_not_answer_is_doing_is_unknown(
    world: World, anna: Person
) -> None:
    world.host.away = True

    data = (await asked(anna, "/searchServer"))["data"]

    assert (data["cpu"], data["risk"]) == ("unknown", "0")
    assert data["info"] == "What its machine is doing cannot be seen from here."


async def test_an_app_that_is_not_well_is_a_risk_to_those_who_see_it(
    world: World, anna: Person
) -> None:
    await installed(world, anna)
    bob = await world.person("bob")
    before = await asked(anna, "/searchServer")
    world.engine.set_health("websoft9-dokuwiki", "unhealthy")
    await until_sick(anna)

    seen = await asked(anna, "/searchServer")
    by_bob = await asked(bob, "/searchServer")

    assert int(seen["data"]["risk"]) == int(before["data"]["risk"]) + 1
    assert "dokuwiki-1: " in seen["data"]["info"]
    assert "dokuwiki-1" not in by_bob["data"]["info"]


async def test_an_app_that_is_stopped_is_a_risk_and_a_stopped_database_is_none(
    world: World, anna: Person
) -> None:
    await installed(world, anna)
    await anna.http.post("/resource_list", json={"resource_name": "redis"})
    before = await asked(anna, "/searchServer")
    for number in (1, 2):
        await anna.http.post(f"/v1/instances/{number}/stop")
    await world.settled()

    seen = await asked(anna, "/searchServer")

    assert int(seen["data"]["risk"]) == int(before["data"]["risk"]) + 1
    assert "dokuwiki-1: It is stopped." in seen["data"]["info"]


async def test_an_engine_that_is_away_is_a_risk(world: World, anna: Person) -> None:
    world.engine.down = True

    told = await asked(anna, "/searchServer")

    assert told["code"] == "1"
    assert "The container engine does not answer: start it." in told["data"]["info"]
    assert told["data"]["containers"] == 0


@pytest.mark.parametrize("known", [False, True])
async def test_an_engine_that_is_slow_to_tell_what_it_is_is_no_risk(
    world: World, anna: Person, known: bool
) -> None:
    if known:
        await installed(world, anna)
    world.gate.close("before info")

    data = (await asked(anna, "/searchServer"))["data"]

    assert world.gate.reached.is_set()
    assert (data["risk"], data["info"]) == ("0", "All is well.")
    assert data["containers"] == int(known)


async def test_a_server_that_nobody_knows_is_told_so(anna: Person) -> None:
    told = await asked(anna, "/searchServer", server="mars")

    assert (told["code"], told["message"]) == ("0", "There is no server 'mars'.")


async def until_sick(person: Person) -> None:
    """Return once a look at the server has found that the app is not well."""
    async with asyncio.timeout(10):
        while (await person.http.get("/v1/instances/1")).json()["status"] != "degraded":
            await asyncio.sleep(0.02)
