"""`POST /resource_list`: what is answered when an order comes true."""

import asyncio

import pytest

from tests.make.world import Person, World

pytestmark = pytest.mark.anyio

DOCUMENTED = {
    "resource_name": "mysql",
    "config": {"MYSQL_DATABASE": "haha", "--character-set-server": "utf8mb4"},
}


async def test_the_documented_mysql_order_is_answered_as_documented(
    world: World, anna: Person
) -> None:
    answer = await anna.http.post("/resource_list", json=DOCUMENTED)

    assert answer.status_code == 201
    body = answer.json()
    [container] = world.engine.containers.values()
    password = body["config"]["config"]["environment"]["MYSQL_ROOT_PASSWORD"]
    assert body == {
        "id": 1,
        "container_id": container.seen.id,
        "resource": "mysql",
        "config": {
            "container_id": container.seen.id,
            "addr": "127.0.0.1",
            "port": 3307,
            "config": {
                "--character-set-server": "utf8mb4",
                "inside_port": 3306,
                "environment": {"MYSQL_ROOT_PASSWORD": password, "MYSQL_DATABASE": "haha"},
            },
            "MYSQL_USER": "root",
        },
        "name": "mysql-1",
        "status": "running",
        "url": f"mysql://root:{password}@127.0.0.1:3307/haha",
        "deletion_protection": False,
        "message": None,
    }
    assert len(body["container_id"]) == 64
    assert len(password) >= 22  # of 62 characters: 128 bits and more


async def test_options_reach_the_command_of_the_server(world: World, anna: Person) -> None:
    await anna.http.post("/resource_list", json=DOCUMENTED)

    [container] = world.engine.containers.values()
    assert "--character-set-server=utf8mb4" in container.spec.command
    assert container.spec.environment["MYSQL_DATABASE"] == "haha"


async def test_a_redis_order_shows_its_password_and_no_mysql_user(anna: Person) -> None:
    answer = await anna.http.post(
        "/resource_list", json={"resource_name": "redis", "config": {"--maxmemory": "100m"}}
    )

    config = answer.json()["config"]
    assert config["config"] == {
        "--maxmemory": "100m",
        "--requirepass": config["config"]["--requirepass"],
        "inside_port": 6379,
    }
    assert "MYSQL_USER" not in config
    assert answer.json()["url"].startswith("redis://default:")


async def test_the_documents_own_utf8_is_answered_with_what_is_in_force(anna: Person) -> None:
    order = {"resource_name": "mysql", "config": {"--character-set-server": "utf8"}}

    answer = await anna.http.post("/resource_list", json=order)

    assert answer.status_code == 201
    assert answer.json()["config"]["config"]["--character-set-server"] == "utf8mb4"


async def test_an_order_without_config_is_fine(anna: Person) -> None:
    bare = await anna.http.post("/resource_list", json={"resource_name": "redis"})
    empty = await anna.http.post("/resource_list", json={"resource_name": "redis", "config": {}})
    null = await anna.http.post("/resource_list", json={"resource_name": "redis", "config": None})

    assert [bare.status_code, empty.status_code, null.status_code] == [201] * 3


async def test_a_given_password_counts_whatever_a_shell_would_make_of_it(
    world: World, anna: Person
) -> None:
    password = "$(reboot)`id`;|&\"'\\%s{}"
    order = {"resource_name": "redis", "config": {"--requirepass": password}}

    answer = await anna.http.post("/resource_list", json=order)

    assert answer.status_code == 201
    assert answer.json()["config"]["config"]["--requirepass"] == password
    [container] = world.engine.containers.values()
    assert password in container.spec.environment.values()


async def test_name_version_memory_cpus_and_server_count(world: World, anna: Person) -> None:
    order = {
        "resource_name": "redis",
        "name": "cache",
        "version": "8",
        "memory_mib": 512,
        "cpus": 2,
        "server": "local",
    }

    answer = await anna.http.post("/resource_list", json=order)

    assert answer.json()["name"] == "cache"
    [container] = world.engine.containers.values()
    assert (container.spec.memory_mib, container.spec.cpus) == (512, 2)
    assert container.spec.image == "moorage/redis:8.2"
    assert container.spec.aliases == ("cache",)


async def test_a_content_type_that_is_not_json_does_no_harm(anna: Person) -> None:
    answer = await anna.http.post(
        "/resource_list",
        content=b'{"resource_name": "redis"}',
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )

    assert answer.status_code == 201


async def test_whoever_does_not_wait_gets_the_same_body_and_a_place_to_look(
    world: World, anna: Person
) -> None:
    world.gate.close("before start_container")
    early = await anna.http.post("/resource_list?wait=0", json=DOCUMENTED)
    world.gate.open()
    ready = await anna.http.post("/resource_list", json=DOCUMENTED)

    assert early.status_code == 202
    assert early.json()["status"] == "creating"
    assert early.json()["container_id"] is None
    assert early.json().keys() == ready.json().keys()
    assert early.json()["config"].keys() == ready.json()["config"].keys()
    assert early.headers["Location"].startswith("/v1/operations/op_")
    assert ready.headers["Location"].startswith("/v1/operations/op_")


async def test_the_credentials_told_early_are_those_that_count_later(
    world: World, anna: Person
) -> None:
    world.gate.close("before start_container")
    early = (await anna.http.post("/resource_list?wait=0", json=DOCUMENTED)).json()
    world.gate.open()

    await world.settled()

    later = (await anna.http.get(f"/resource/{early['id']}")).json()
    assert later["is_running"] is True
    assert later["url"] == early["url"]


async def test_orders_at_once_get_ports_of_their_own(world: World, anna: Person) -> None:
    orders = (anna.http.post("/resource_list", json={"resource_name": "redis"}) for _ in range(6))

    answers = await asyncio.gather(*orders)

    assert [answer.status_code for answer in answers] == [201] * 6
    assert len({answer.json()["config"]["port"] for answer in answers}) == 6
    assert len(world.engine.networks) == 1
