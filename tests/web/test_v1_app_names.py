"""`/v1/instances/{app}`: an app is found by what it is, where that says which one."""

import pytest

from tests.make.v1 import running
from tests.make.world import Person, World

pytestmark = pytest.mark.anyio


async def test_an_app_is_found_by_what_it_is_by_those_who_see_it(
    world: World, anna: Person, admin: Person
) -> None:
    bob = await world.person("bob")
    wiki = await running(world, anna, blueprint="dokuwiki", name="notes")

    found = {person: await person.http.get("/v1/instances/dokuwiki") for person in (anna, admin)}
    hidden = await bob.http.get("/v1/instances/dokuwiki")

    assert {answer.json()["id"] for answer in found.values()} == {wiki["id"]}
    assert hidden.status_code == 404


async def test_an_instance_of_that_name_goes_before_the_app(world: World, anna: Person) -> None:
    await running(world, anna, blueprint="dokuwiki", name="notes")
    cache = await running(world, anna, blueprint="redis", name="dokuwiki")

    answer = await anna.http.get("/v1/instances/dokuwiki")

    assert answer.json()["id"] == cache["id"]


async def test_an_app_that_is_there_twice_is_not_found_by_what_it_is(
    world: World, anna: Person
) -> None:
    for name in ("one", "two"):
        await running(world, anna, blueprint="dokuwiki", name=name)

    answer = await anna.http.get("/v1/instances/dokuwiki")

    assert answer.status_code == 404
