"""The list of instances: on the short way, and what does not go there."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from starlette.types import Scope

from moorage.identity import service as identity
from moorage.identity.models import Token
from moorage.kit.clock import now
from moorage.kit.crypto import new_token
from moorage.kit.paging import Page
from moorage.web import shortcut
from moorage.web.shortcut import Way
from tests.make.identity import make_token
from tests.make.instances import make_order
from tests.make.ports import free_port
from tests.make.world import Person, World, open_world

pytestmark = pytest.mark.anyio

PATH = "/v1/instances"


@pytest.fixture
def long_way(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Give the query strings of the requests that the short way has not answered."""
    passed: list[bytes] = []
    answer = shortcut._answer

    async def noted(scope: Scope, way: Way) -> bytes | None:
        body = await answer(scope, way)
        if body is None:
            passed.append(scope["query_string"])
        return body

    monkeypatch.setattr(shortcut, "_answer", noted)
    return passed


async def test_a_caller_gets_its_own_instances_and_an_admin_all(
    world: World, anna: Person, admin: Person, long_way: list[bytes]
) -> None:
    await make_order(world.tools, owner=anna.user, name="hers")
    await make_order(world.tools, owner=admin.user, name="his")

    hers = await anna.http.get(PATH)
    all_of_them = await admin.http.get(PATH)

    assert long_way == []
    assert hers.headers["content-type"] == "application/json"
    assert [item["name"] for item in hers.json()["items"]] == ["hers"]
    assert [item["name"] for item in all_of_them.json()["items"]] == ["his", "hers"]
    assert hers.headers["x-request-id"]


async def test_pages_follow_each_other(world: World, anna: Person, long_way: list[bytes]) -> None:
    for name in "abc":
        await make_order(world.tools, owner=anna.user, name=name)

    first = (await anna.http.get(PATH, params={"limit": 2})).json()
    second = (await anna.http.get(PATH, params={"limit": 2, "cursor": first["next"]})).json()

    assert long_way == []
    assert [item["name"] for item in first["items"] + second["items"]] == ["c", "b", "a"]
    assert second["next"] is None


async def test_a_token_that_ends_is_refused_at_once(world: World, anna: Person) -> None:
    token, text = await make_token(world.db, user=anna.user)
    http = await world.http(authorization=f"Bearer {text}")
    before = await http.get(PATH)

    async with world.db.begin() as session:
        await identity.revoke_token(session, user_id=anna.user.id, token_id=token.id)
    after = await http.get(PATH)

    assert (before.status_code, after.status_code) == (200, 401)
    assert after.headers["content-type"] == "application/problem+json"


async def test_a_token_is_refused_from_the_moment_it_expires(world: World, anna: Person) -> None:
    token, text = await make_token(world.db, user=anna.user, expires_at=now() + timedelta(hours=1))
    http = await world.http(authorization=f"Bearer {text}")
    before = await http.get(PATH)

    async with world.db.begin() as session:
        await session.execute(update(Token).where(Token.id == token.id).values(expires_at=now()))
    after = await http.get(PATH)

    assert (before.status_code, after.status_code) == (200, 401)


async def test_requests_are_counted_against_the_callers_limit(world: World) -> None:
    world.app.state.limits._per_minute = 2
    world.app.state.limits._interval_s = 30
    anna = await world.person("anna")

    statuses = [(await anna.http.get(PATH)).status_code for _ in range(3)]

    assert statuses == [200, 200, 429]


async def test_guesses_are_counted_against_their_address(world: World) -> None:
    guesser = await world.http(authorization="Bearer moor_guess")

    statuses = [(await guesser.get(PATH)).status_code for _ in range(4)]

    assert statuses == [401, 401, 401, 429]


async def test_a_store_of_sessions_that_does_not_answer_is_asked_once(
    tmp_path: Path, long_way: list[bytes]
) -> None:
    nowhere = f"redis://127.0.0.1:{free_port()}"
    async with open_world(tmp_path, redis_url=nowhere) as world:
        anna = await world.http(x_auth_token=new_token("ticket"))

        instances, machines = [await anna.get(path) for path in (PATH, "/api/info")]
        figures = (await anna.get("/metrics")).text

    assert long_way == []
    assert (instances.status_code, machines.status_code) == (503, 503)
    assert instances.headers["content-type"] == "application/problem+json"
    assert 'moorage_http_requests_total{method="GET",route="/api/info",status="503"} 1' in figures


async def test_the_use_of_a_token_is_noted(world: World, anna: Person) -> None:
    await anna.http.get(PATH)
    await world.app.state.uses.flush(world.db)

    async with world.db.read() as session:
        (token,) = await identity.list_tokens(session, Page(10), user_id=anna.user.id)
    assert token.last_used_at is not None


async def test_requests_are_counted_under_their_route(world: World, anna: Person) -> None:
    await anna.http.get(PATH)

    shown = (await anna.http.get("/metrics")).text

    assert 'moorage_http_requests_total{method="GET",route="/v1/instances",status="200"} 1' in shown


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=x",
        "limit=",
        "limit=1&limit=2",
        "cursor=",
        "cursor=x&limit=2",
        "cursor=none-of-ours",
        "status=running",
        "token=moor_x",
        "&",
    ],
)
async def test_whatever_is_not_plain_goes_the_long_way(
    anna: Person, long_way: list[bytes], query: str
) -> None:
    await anna.http.get(f"{PATH}?{query}")

    assert long_way == [query.encode()]


async def test_only_a_single_token_goes_the_short_way(
    world: World, anna: Person, long_way: list[bytes]
) -> None:
    for given in ("", "Bearer", f"bearer  {anna.token}", "Basic YTpi"):
        await (await world.http(authorization=given)).get(PATH)
    await anna.http.get(
        PATH, headers=[("authorization", f"Bearer {anna.token}"), ("authorization", "Bearer x")]
    )
    await (await world.http()).get(PATH)

    assert len(long_way) == 6
