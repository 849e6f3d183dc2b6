"""`POST /resource_list`: what cannot be ordered, and what is said of it."""

from typing import Any

import pytest

from moorage.instances.models import Instance
from tests.make.world import Person, World

pytestmark = pytest.mark.anyio

Order = dict[str, Any]  # Any: JSON

LONGEST_ANSWER = 4000  # bytes, whatever was sent


def redis(**config: object) -> Order:
    return {
        "resource_name": "redis",
        "config": {f"--{key}": given for key, given in config.items()},
    }


def mysql(**config: object) -> Order:
    return {"resource_name": "mysql", "config": config}


@pytest.mark.parametrize("order", [{}, {"resource_name": ""}, {"resource_name": None}])
async def test_a_missing_resource_name_is_refused_in_the_documented_words(
    anna: Person, order: Order
) -> None:
    answer = await anna.http.post("/resource_list", json=order)

    assert answer.status_code == 400
    assert answer.json()["message"] == "resource_name must required!"


async def test_an_unknown_resource_is_refused_with_what_there_is(
    subtests: pytest.Subtests, world: World, anna: Person
) -> None:
    for name in ("oracle", "Redis", "../redis", "x" * 5000, "redis\x00"):
        with subtests.test(name):
            answer = await anna.http.post("/resource_list", json={"resource_name": name})

            assert answer.status_code == 400
            assert answer.json()["message"].startswith("must choose mysql or redis!")
            for blueprint in world.tools.catalog.list("database"):
                assert blueprint.name in answer.json()["message"]


REFUSED: list[tuple[Order, str, str]] = [  # order, field, part of its reason
    ({"resource_name": 5}, "resource_name", "given was 5"),
    ({"resource_name": ["redis"]}, "resource_name", "must be a text"),
    (redis() | {"size": 3}, "size", "is no field of this request; it takes resource_name"),
    (redis() | {"config": "text"}, "config", "must be an object"),
    (redis() | {"config": []}, "config", "must be an object"),
    (redis() | {"config": 0}, "config", "must be an object"),
    (redis(nope=1), "config.--nope", "is no option of redis"),
    (redis(maxmemmory="1mb"), "config.--maxmemmory", "did you mean --maxmemory"),
    (redis(maxmemory="1kb"), "config.--maxmemory", "1kb"),
    (redis(maxmemory="much"), "config.--maxmemory", "much"),
    (redis(maxmemory={"a": 1}), "config.--maxmemory", "not an object"),
    (redis(maxmemory=["1mb"]), "config.--maxmemory", "not a list"),
    (redis(maxmemory=None), "config.--maxmemory", "not null"),
    (redis(databases=1.5), "config.--databases", "whole number from 1 to 10000, not 1.5"),
    (redis(databases=10**40), "config.--databases", "64 bits"),
    (redis(databases=True), "config.--databases", "not true"),
    (redis(requirepass="short"), "config.--requirepass", "8 to 128"),
    (redis(requirepass="x" * 129), "config.--requirepass", "8 to 128"),
    (redis(requirepass="new\nline 8"), "config.--requirepass", "must"),
    (mysql(**{"--character-set-server": "utf81"}), "config.--character-set-server", "utf81"),
    (mysql(**{"--character-set-server": "x" * 5000}), "config.--character-set-server", "1024"),
    (mysql(**{"--init-file": "/etc/passwd"}), "config.--init-file", "is n"),
    (mysql(MYSQL_DATABASE="a; rm -rf /"), "config.MYSQL_DATABASE", "letters"),
    (mysql(MYSQL_DATABASE="$(reboot)"), "config.MYSQL_DATABASE", "letters"),
    (mysql(MYSQL_DATABASE="a`id`"), "config.MYSQL_DATABASE", "letters"),
    (mysql(MYSQL_DATABASE="x" * 5000), "config.MYSQL_DATABASE", "5000"),
    (mysql(PATH="/tmp"), "config.PATH", "is no option of mysql"),
    (mysql(LD_PRELOAD="/tmp/x.so"), "config.LD_PRELOAD", "is no option of mysql"),
    (mysql(**{"x" * 5000: 1}), "config." + "x" * 79 + "…", "is no option of mysql"),
    (redis() | {"server": "moon"}, "server", "'moon' is unknown; choose one of: local"),
    (redis() | {"server": "x" * 5000}, "server", "choose one of: local"),
    (redis() | {"version": "99"}, "version", "no version of redis; there are 8.2"),
    (redis() | {"version": 8}, "version", "must be a text"),
    (redis() | {"version": "x" * 5000}, "version", "there are"),
    (redis() | {"name": ""}, "name", "letter first"),
    (redis() | {"name": "UPPER"}, "name", "letter first"),
    (redis() | {"name": "1st"}, "name", "letter first"),
    (redis() | {"name": "end-"}, "name", "no hyphen last"),
    (redis() | {"name": "a b"}, "name", "letter first"),
    (redis() | {"name": "new\n"}, "name", "letter first"),
    (redis() | {"name": "x" * 5000}, "name", "1 to 63"),
    (redis() | {"memory_mib": 1}, "memory_mib", "from 32 to 262144, not 1"),
    (redis() | {"memory_mib": -1}, "memory_mib", "from 32"),
    (redis() | {"memory_mib": 10**30}, "memory_mib", "262144"),
    (redis() | {"memory_mib": 64.5}, "memory_mib", "must be a whole number"),
    (redis() | {"memory_mib": "64"}, "memory_mib", "must be a whole number"),
    (redis() | {"memory_mib": True}, "memory_mib", "must be a whole number"),
    (redis() | {"cpus": 0}, "cpus", "from 0.1 to 64, not 0"),
    (redis() | {"cpus": 1e300}, "cpus", "from 0.1 to 64"),
    (redis() | {"cpus": "2"}, "cpus", "number"),
]


async def test_what_cannot_be_ordered_is_refused_by_field_and_makes_nothing(
    subtests: pytest.Subtests, world: World, anna: Person
) -> None:
    for order, field, reason in REFUSED:
        with subtests.test(reason, field=field):
            answer = await anna.http.post("/resource_list", json=order)

            assert answer.status_code == 400
            assert answer.json()["errors"].keys() == {field}
            assert reason in answer.json()["errors"][field]
            assert len(answer.content) < LONGEST_ANSWER
            assert await world.made() == []
            assert await world.rows(Instance) == []


async def test_all_bad_options_are_named_at_once(anna: Person) -> None:
    order = redis(databases=0, maxmemory="much") | {"cpus": 1000}

    answer = await anna.http.post("/resource_list", json=order)

    assert answer.json()["errors"].keys() == {"config.--databases", "config.--maxmemory", "cpus"}


async def test_a_refused_password_is_not_repeated(anna: Person) -> None:
    answer = await anna.http.post("/resource_list", json=redis(requirepass="s3cr3t!"))

    assert answer.status_code == 400
    assert "s3cr3t!" not in answer.text


async def test_a_wait_out_of_range_is_refused(
    subtests: pytest.Subtests, world: World, anna: Person
) -> None:
    for wait in ("-1", "301", "soon", "nan", "inf", ""):
        with subtests.test(wait):
            answer = await anna.http.post("/resource_list", params={"wait": wait}, json=redis())

            assert answer.status_code == 400
            assert answer.json()["errors"].keys() == {"wait"}
            assert await world.rows(Instance) == []


async def test_a_name_that_the_owner_has_is_a_conflict(world: World, anna: Person) -> None:
    await anna.http.post("/resource_list", json=redis() | {"name": "cache"})

    answer = await anna.http.post("/resource_list", json=redis() | {"name": "cache"})

    assert answer.status_code == 409
    assert answer.json() == {"message": "You already have an instance named 'cache'."}
    assert len(world.engine.containers) == 1


async def test_two_owners_may_use_one_name_and_it_is_free_after_a_removal(
    world: World, anna: Person
) -> None:
    bob = await world.person("bob")
    first = await anna.http.post("/resource_list", json=redis() | {"name": "cache"})
    other = await bob.http.post("/resource_list", json=redis() | {"name": "cache"})
    await anna.http.delete(f"/resource/{first.json()['id']}")

    again = await anna.http.post("/resource_list", json=redis() | {"name": "cache"})

    assert [first.status_code, other.status_code, again.status_code] == [201] * 3


async def test_more_than_the_server_has_is_refused_with_what_it_has(
    world: World, anna: Person
) -> None:
    order = {"resource_name": "redis", "cpus": 5, "memory_mib": 99999}

    answer = await anna.http.post("/resource_list", json=order)

    assert answer.status_code == 400
    assert answer.json()["errors"] == {
        "cpus": "5 is asked for, the server has 4",
        "memory_mib": "99999 is needed, the server has 16384",
    }
    assert await world.made() == []
