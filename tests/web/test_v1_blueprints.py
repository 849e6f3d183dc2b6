"""`/v1/blueprints`: what there is to order."""

import pytest

from tests.make.world import Person

pytestmark = pytest.mark.anyio


async def test_the_list_names_what_can_be_ordered(anna: Person) -> None:
    answer = await anna.http.get("/v1/blueprints?kind=database")

    assert answer.json()["next"] is None
    assert [item["name"] for item in answer.json()["items"]] == [
        "mariadb",
        "mysql",
        "postgres",
        "redis",
        "valkey",
    ]
    redis = answer.json()["items"][3]
    assert redis.keys() == {
        *("name", "kind", "title", "description", "versions", "needs_registry", "icon")
    }
    assert (redis["title"], redis["kind"], redis["versions"][0]) == ("Redis", "database", "8.2")


async def test_a_kind_of_which_there_is_none_is_an_empty_list(anna: Person) -> None:
    assert (await anna.http.get("/v1/blueprints?kind=cloud")).json() == {"items": [], "next": None}


async def test_a_kind_that_is_none_is_refused_with_those_there_are(anna: Person) -> None:
    answer = await anna.http.get("/v1/blueprints?kind=toaster")

    [error] = answer.json()["errors"]
    assert answer.status_code == 400
    assert error["parameter"] == "kind"
    assert "'database'" in error["detail"]


async def test_a_blueprint_shows_all_that_a_form_needs(anna: Person) -> None:
    redis = (await anna.http.get("/v1/blueprints/redis")).json()
    options = {option["name"]: option for option in redis["options"]}

    assert redis["memory_mib"] == {"default": 256, "min": 32, "max": 262144}
    assert redis["port"] == 6379
    assert options["--requirepass"]["type"] == "secret"
    size = options["--maxmemory"]
    assert (size["type"], size["min"]) == ("size", "1mb")
    assert "mb" in size["units"]
    choice = options["--maxmemory-policy"]
    assert (choice["type"], choice["default"]) == ("choice", None)
    assert "allkeys-lru" in choice["values"]


async def test_a_default_that_depends_on_memory_is_the_one_of_the_default_memory(
    anna: Person,
) -> None:
    mysql = (await anna.http.get("/v1/blueprints/mysql")).json()

    [pool] = [one for one in mysql["options"] if one["name"] == "--innodb-buffer-pool-size"]
    assert pool["default"] is not None


async def test_every_blueprint_in_the_list_can_be_shown(anna: Person) -> None:
    items = (await anna.http.get("/v1/blueprints")).json()["items"]

    for item in items:
        whole = (await anna.http.get(f"/v1/blueprints/{item['name']}")).json()
        assert item.items() <= whole.items()
        assert whole["settings" if item["kind"] == "app" else "options"]


async def test_an_unknown_blueprint_is_not_found_and_the_known_ones_are_named(
    anna: Person,
) -> None:
    answer = await anna.http.get("/v1/blueprints/oracle")

    assert answer.status_code == 404
    assert {"mysql,", "postgres,"} <= {*answer.json()["detail"].split()}


async def test_what_can_only_be_fetched_says_so(anna: Person) -> None:
    items = (await anna.http.get("/v1/blueprints?limit=100")).json()["items"]

    told = {item["name"]: item["needs_registry"] for item in items}

    assert (told["ghost"], told["wordpress"], told["redis"]) == (True, False, False)


async def test_an_icon_is_an_svg_that_runs_nothing(anna: Person) -> None:
    items = (await anna.http.get("/v1/blueprints?limit=100")).json()["items"]
    icons = [await anna.http.get(item["icon"]) for item in items]

    assert {icon.headers["content-type"] for icon in icons} == {"image/svg+xml"}
    assert all("sandbox" in icon.headers["content-security-policy"] for icon in icons)
    assert all(icon.text.startswith("<svg") for icon in icons)
