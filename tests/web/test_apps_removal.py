"""`/uninstallApp` and `/uninstallAllApp`: they answer when all is gone."""

import anyio
import pytest

from moorage.kit.errors import Conflict, Invalid
from tests.make.apps import Json, asked, installed
from tests.make.world import Person, World

pytestmark = pytest.mark.anyio


async def test_an_app_goes_with_all_that_it_had(world: World, anna: Person) -> None:
    await installed(world, anna, "redmine")

    told = await asked(anna, "/uninstallApp", appName="redmine")

    assert (told["code"], told["message"]) == ("1", "redmine was uninstalled.")
    assert await world.made() == []
    again = await asked(anna, "/uninstallApp", appName="redmine")
    assert (again["code"], again["message"]) == ("0", "redmine is not installed.")


async def test_its_volumes_stay_when_they_are_not_to_be_purged(world: World, anna: Person) -> None:
    await installed(world, anna)

    answer = await anna.http.get("/uninstallApp?appName=dokuwiki&purge=false")

    [volume] = world.engine.volumes
    assert answer.json()["code"] == "1"
    assert answer.json()["data"]["info"] == f"Its data is kept: {volume}."
    assert answer.json()["data"]["volumes"] == [volume]
    assert await world.made() == [volume]


async def test_volumes_of_all_that_stay_are_told(world: World, anna: Person) -> None:
    await installed(world, anna, "dokuwiki")
    await installed(world, anna, "redmine")

    told = await asked(anna, "/uninstallAllApp", confirm=True, purge=False)

    assert told["data"]["removed"] == ["dokuwiki", "redmine"]
    assert sorted(told["data"]["volumes"]) == sorted(world.engine.volumes)
    assert len(world.engine.volumes) == 3


async def test_one_that_is_being_installed_goes_too(world: World, anna: Person) -> None:
    world.gate.close("before start_container")
    await asked(anna, "/installApp", appName="redmine")
    await world.gate.reached.wait()
    told: list[Json] = []

    async def uninstall() -> None:
        told.append(await asked(anna, "/uninstallApp", appName="redmine"))

    async with anyio.create_task_group() as group:
        group.start_soon(uninstall)
        world.gate.open()

    assert told[0]["code"] == "1"
    assert await world.made() == []


async def test_one_whose_order_failed_or_whose_containers_somebody_removed_goes_too(
    world: World, anna: Person
) -> None:
    world.engine.fail_next("start_container", Invalid("There is no such user."))
    await installed(world, anna, "dokuwiki")
    await installed(world, anna, "redmine")
    world.engine.containers.clear()

    told = [await asked(anna, "/uninstallApp", appName=app) for app in ("dokuwiki", "redmine")]

    assert [one["code"] for one in told] == ["1", "1"]
    assert await world.made() == []
    assert (await asked(anna, "/getAllAppInfo"))["data"]["apps"] == []


@pytest.mark.parametrize("by_all", [False, True])
async def test_attempts_that_failed_go_with_the_app_and_their_operations_stay(
    world: World, anna: Person, admin: Person, by_all: bool
) -> None:
    bob = await world.person("bob")
    for person in (anna, bob, anna):
        world.engine.fail_next("start_container", Invalid("There is no such user."))
        await installed(world, person)
    await installed(world, anna)

    if by_all:
        removed = await asked(anna, "/uninstallAllApp", confirm=True)
    else:
        removed = await asked(anna, "/uninstallApp", appName="dokuwiki")

    assert removed["code"] == "1"
    assert (await asked(anna, "/getAppInfo", appName="dokuwiki"))["code"] == "0"
    assert (await asked(anna, "/getAllAppInfo"))["data"]["apps"] == []
    assert (await asked(bob, "/getAppInfo", appName="dokuwiki"))["data"]["status"] == "2"
    assert len(await world.settled()) == 5
    await asked(admin, "/uninstallAllApp", confirm=True)
    assert (await asked(bob, "/getAppInfo", appName="dokuwiki"))["code"] == "0"


async def test_one_that_cannot_be_removed_says_why_and_can_be_removed_later(
    world: World, anna: Person
) -> None:
    await installed(world, anna)
    world.engine.fail_next("remove_container", Conflict("A volume is in use."))

    told = await asked(anna, "/uninstallApp", appName="dokuwiki")

    assert told["code"] == "0"
    assert told["message"] == "dokuwiki was not uninstalled: A volume is in use."
    assert told["data"]["operation"].startswith("/v1/operations/op_")
    assert (await asked(anna, "/uninstallApp", appName="dokuwiki"))["code"] == "1"


async def test_nobody_removes_what_is_somebody_elses_but_an_administrator(
    world: World, anna: Person, admin: Person
) -> None:
    bob = await world.person("bob")
    await installed(world, bob)

    by_anna = await asked(anna, "/uninstallApp", appName="dokuwiki")
    all_of_anna = await asked(anna, "/uninstallAllApp", confirm=True)
    still = await asked(bob, "/getAppInfo", appName="dokuwiki")
    by_admin = await asked(admin, "/uninstallApp", appName="dokuwiki")

    assert (by_anna["code"], by_anna["message"]) == ("0", "dokuwiki is not installed.")
    assert all_of_anna["data"] == {"removed": [], "failed": [], "apps": [], "volumes": []}
    assert still["data"]["status"] == "1"
    assert by_admin["code"] == "1"


async def test_all_go_once_that_is_confirmed_and_only_then(world: World, anna: Person) -> None:
    await installed(world, anna, "dokuwiki")
    await installed(world, anna, "redmine")

    unconfirmed = await asked(anna, "/uninstallAllApp", confirm="false")
    there = await asked(anna, "/getAllAppInfo")
    confirmed = await asked(anna, "/uninstallAllApp", confirm="true")

    assert unconfirmed["code"] == "0"
    assert unconfirmed["data"]["apps"] == ["dokuwiki", "redmine"]
    assert len(there["data"]["apps"]) == 2
    assert (confirmed["code"], confirmed["data"]["removed"]) == ("1", ["dokuwiki", "redmine"])
    assert await world.made() == []


async def test_what_is_protected_stays_and_the_others_go(world: World, anna: Person) -> None:
    await installed(world, anna, "dokuwiki")
    await installed(world, anna, "redmine")
    await anna.http.patch("/v1/instances/1", json={"deletion_protection": True})

    told = await asked(anna, "/uninstallAllApp", confirm=True)

    assert told["code"] == "0"
    assert told["data"]["removed"] == ["redmine"]
    [failed] = told["data"]["failed"]
    assert failed["appName"] == "dokuwiki"
    assert failed["reason"].startswith("dokuwiki-1 is protected against deletion.")
