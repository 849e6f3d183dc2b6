"""`/api/status`, and what goes on while Redis does not."""

from pathlib import Path

import anyio
import pytest

from moorage.kit.db import async_url
from moorage.migrations import upgrade
from tests.make.postgres import Postgres
from tests.make.redis import RedisServer
from tests.make.world import Person, World, open_world

pytestmark = pytest.mark.anyio

PASSWORD = "correct horse"
CREDENTIALS = {"username": "anna", "password": PASSWORD}
OK = {"code": 200, "message": "OK"}
REFUSED = {"code": 503, "message": "redis: connection refused"}


async def status(world: World) -> object:
    """Return what anybody is told, whose status must be what it says."""
    answer = await (await world.http()).get("/api/status")
    assert answer.status_code == answer.json()["code"]
    return answer.json()


async def test_a_service_that_has_all_it_needs_is_ok(world: World) -> None:
    assert await status(world) == OK


async def test_credentials_do_not_matter(world: World, admin: Person) -> None:
    wrong = await world.http(authorization="Bearer moor_wrong")

    assert (await wrong.get("/api/status")).json() == OK
    assert (await admin.http.get("/api/status")).json() == OK


async def test_a_service_that_performs_nothing_says_so(world: World) -> None:
    await world.queue.stop()

    assert await status(world) == {
        "code": 503,
        "message": "operations are not being performed",
    }


async def test_an_administrator_is_told_of_a_bad_file_of_machines(
    world: World, admin: Person, anna: Person
) -> None:
    world.settings.machines_file.write_text("no JSON")

    told = (await admin.http.get("/api/status")).json()

    assert told.keys() == {"code", "message", "warnings"}
    assert told | {"warnings": []} == OK | {"warnings": []}
    assert "machines.json" in told["warnings"][0]
    assert (await anna.http.get("/api/status")).json() == OK
    assert await status(world) == OK


@pytest.mark.postgres
async def test_a_database_that_does_not_answer_is_told_of(
    tmp_path: Path, postgres: Postgres
) -> None:
    url = postgres.create_database()
    upgrade(async_url(url))
    async with open_world(tmp_path / "data", database_url=url) as world:
        postgres.stop()
        try:
            told = await status(world)
        finally:
            postgres.start()

        assert "The database does not answer" in str(told)
        with anyio.fail_after(60):
            while await status(world) != OK:
                await anyio.sleep(0.1)


@pytest.mark.redis
async def test_without_redis_only_tickets_wait(tmp_path: Path, redis_server: RedisServer) -> None:
    async with open_world(tmp_path / "data", redis_url=redis_server.url) as world:
        anna = await world.person("anna", password=PASSWORD)
        nobody = await world.http()
        ticket = await log_in(world)
        holder = await world.http(x_auth_token=ticket)
        assert await status(world) == OK

        with redis_server.stopped():
            assert await status(world) == REFUSED
            by_ticket = [
                await nobody.post("/api/ticket", json=CREDENTIALS),
                await holder.get("/v1/users/me"),
                await holder.delete("/api/ticket"),
            ]
            by_others = [
                await anna.http.get("/v1/users/me"),
                await nobody.get("/v1/users/me", auth=("anna", PASSWORD)),
                await nobody.get("/readyz"),
            ]
            changed = await anna.http.patch(
                "/v1/users/me", json={"current_password": PASSWORD, "password": "battery staple"}
            )

        assert [answer.status_code for answer in by_ticket] == [503] * 3
        assert by_ticket[0].json()["detail"].startswith("Sessions cannot be looked up")
        assert [answer.status_code for answer in by_others] == [200] * 3
        assert changed.status_code == 200
        assert await status(world) == OK
        assert (await nobody.post("/api/ticket", json=CREDENTIALS)).status_code == 401


@pytest.mark.redis
async def test_a_new_password_counts_although_redis_was_away(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    async with open_world(tmp_path / "data", redis_url=redis_server.url) as world:
        anna = await world.person("anna", password=PASSWORD)
        holder = await world.http(x_auth_token=await log_in(world))
        wanted = {"current_password": PASSWORD, "password": "battery staple"}

        with redis_server.frozen():  # it keeps what it has
            changed = await anna.http.patch("/v1/users/me", json=wanted)
            waited = await holder.get("/v1/users/me")

        assert (changed.status_code, waited.status_code) == (200, 503)
        assert (await holder.get("/v1/users/me")).status_code == 401


@pytest.mark.redis
async def test_a_service_starts_without_its_redis_and_uses_it_when_it_comes(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    with redis_server.stopped():
        opening = open_world(tmp_path / "data", redis_url=redis_server.url)
        world = await opening.__aenter__()
        assert await status(world) == REFUSED
    try:
        await world.person("anna", password=PASSWORD)

        assert await status(world) == OK
        assert await log_in(world)
    finally:
        await opening.__aexit__(None, None, None)


@pytest.mark.redis
async def test_a_redis_that_never_answers_is_told_of(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    async with open_world(tmp_path / "data", redis_url=redis_server.url) as world:
        with redis_server.frozen():
            assert await status(world) == {"code": 503, "message": "redis: no answer"}


@pytest.mark.redis
async def test_redis_keeps_digests_only_and_no_password_of_it_is_shown(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    async with open_world(tmp_path / "data", redis_url=redis_server.url) as world:
        await world.person("anna", password=PASSWORD)
        ticket = await log_in(world)
        installation = world.tools.installation

    kept = redis_server.content()

    ours = {key: value for key, value in kept.items() if installation in key}
    assert [key.rpartition(":")[0] for key in ours] == [f"moorage:{installation}:ticket"]
    assert ticket not in str(kept)


async def log_in(world: World) -> str:
    """Return a ticket."""
    answer = await (await world.http()).post("/api/ticket", json=CREDENTIALS)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["data"]["ticket"])
