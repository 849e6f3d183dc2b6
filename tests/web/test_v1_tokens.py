"""`/v1/tokens`: made, shown once, listed, revoked."""

from datetime import timedelta

import pytest

from moorage.identity.models import Token
from moorage.kit.clock import now
from tests.make.world import Person, World

pytestmark = pytest.mark.anyio

LAPTOP = {"name": "laptop"}


async def test_a_new_token_works_and_its_text_is_shown_once(world: World, anna: Person) -> None:
    answer = await anna.http.post("/v1/tokens", json=LAPTOP | {"expires_at": None})

    assert answer.status_code == 201
    made = answer.json()
    assert made == {
        "id": made["id"],
        "user_id": anna.user.id,
        "name": "laptop",
        "scopes": ["read", "write"],
        "expires_at": None,
        "created_at": made["created_at"],
        "last_used_at": None,
        "token": made["token"],
    }
    laptop = await world.http(authorization=f"Bearer {made['token']}")
    shown = await laptop.get(answer.headers["Location"])
    listed = await laptop.get("/v1/tokens")
    assert shown.json() == {name: value for name, value in made.items() if name != "token"}
    assert listed.json()["items"][0] == shown.json()
    assert made["token"] not in shown.text + listed.text


async def test_a_token_may_only_read_when_only_that_is_asked_for(
    world: World, anna: Person
) -> None:
    made = (await anna.http.post("/v1/tokens", json=LAPTOP | {"scopes": ["read"]})).json()

    reader = await world.http(authorization=f"Bearer {made['token']}")

    assert made["scopes"] == ["read"]
    assert (await reader.get("/v1/tokens")).status_code == 200
    assert (await reader.post("/v1/tokens", json=LAPTOP)).status_code == 403


async def test_a_token_ends_when_it_expires(world: World, anna: Person) -> None:
    wanted = LAPTOP | {"expires_at": "2999-12-31T23:59:59+02:00"}
    made = (await anna.http.post("/v1/tokens", json=wanted)).json()
    laptop = await world.http(authorization=f"Bearer {made['token']}")
    before = await laptop.get("/v1/tokens")

    async with world.db.begin() as session:
        (await session.get_one(Token, made["id"])).expires_at = now()

    assert made["expires_at"] == "2999-12-31T21:59:59Z"
    assert before.status_code == 200
    assert (await laptop.get("/v1/tokens")).status_code == 401


BAD_TIMES = ("2030-01-31", "2030-01-31T12:00:00", "9999-12-31T23:59:59-01:00", "soon", 4102444800)


async def test_a_time_that_is_none_or_has_no_zone_is_refused(
    subtests: pytest.Subtests, anna: Person
) -> None:
    for at in BAD_TIMES:
        with subtests.test(str(at)):
            answer = await anna.http.post("/v1/tokens", json=LAPTOP | {"expires_at": at})

            assert answer.status_code == 400
            [fault] = answer.json()["errors"]
            assert fault["pointer"] == "#/expires_at"
            assert fault["detail"].startswith("is a time with its zone")


async def test_a_time_in_the_past_is_refused(anna: Person) -> None:
    at = (now() - timedelta(days=1)).isoformat()

    answer = await anna.http.post("/v1/tokens", json=LAPTOP | {"expires_at": at})

    assert answer.status_code == 400
    assert answer.json()["errors"] == [{"pointer": "#/expires_at", "detail": "lies in the past"}]


async def test_every_bad_field_is_named_at_once(anna: Person) -> None:
    bad = {"name": "", "scopes": [], "expires_at": "soon", "colour": "red", "user": 5}

    answer = await anna.http.post("/v1/tokens", json=bad)

    assert answer.status_code == 400
    named = {fault["pointer"] for fault in answer.json()["errors"]}
    assert named == {f"#/{name}" for name in bad}


async def test_scopes_that_are_none_are_refused(subtests: pytest.Subtests, anna: Person) -> None:
    for scopes in (["admin"], ["read", "all"], "read", None, [None]):
        with subtests.test(str(scopes)):
            answer = await anna.http.post("/v1/tokens", json=LAPTOP | {"scopes": scopes})

            assert answer.status_code == 400
            assert answer.json()["errors"][0]["pointer"].startswith("#/scopes")


async def test_the_same_request_with_the_same_key_makes_one_token(
    world: World, anna: Person
) -> None:
    key = {"Idempotency-Key": "laptop-1"}

    first = await anna.http.post("/v1/tokens", json=LAPTOP, headers=key)
    second = await anna.http.post("/v1/tokens", json=LAPTOP, headers=key)
    other = await anna.http.post("/v1/tokens", json={"name": "phone"}, headers=key)

    assert second.json() == first.json()
    assert other.status_code == 422
    assert len(await world.rows(Token)) == 2  # with the one that anna had


async def test_an_admin_makes_sees_and_revokes_the_tokens_of_others(
    world: World, admin: Person, anna: Person
) -> None:
    made = (await admin.http.post("/v1/tokens", json=LAPTOP | {"user": "anna"})).json()

    listed = (await admin.http.get("/v1/tokens?user=anna")).json()["items"]
    revoked = await admin.http.delete(f"/v1/tokens/{made['id']}")

    assert made["user_id"] == anna.user.id
    assert [token["user_id"] for token in listed] == [anna.user.id] * 2
    assert revoked.status_code == 204
    laptop = await world.http(authorization=f"Bearer {made['token']}")
    assert (await laptop.get("/v1/tokens")).status_code == 401


async def test_nobody_gets_at_the_tokens_of_somebody_else(world: World, anna: Person) -> None:
    bob = await world.person("bob")
    [token] = (await bob.http.get("/v1/tokens")).json()["items"]

    answers = [
        await anna.http.get("/v1/tokens?user=bob"),
        await anna.http.post("/v1/tokens", json=LAPTOP | {"user": "bob"}),
        await anna.http.get(f"/v1/tokens/{token['id']}"),
        await anna.http.delete(f"/v1/tokens/{token['id']}"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert (await bob.http.get("/v1/tokens")).status_code == 200


async def test_a_revoked_token_is_refused_at_once_and_gone_from_the_list(
    world: World, anna: Person
) -> None:
    made = (await anna.http.post("/v1/tokens", json=LAPTOP)).json()
    laptop = await world.http(authorization=f"Bearer {made['token']}")

    first = await laptop.delete(f"/v1/tokens/{made['id']}")
    second = await anna.http.delete(f"/v1/tokens/{made['id']}")

    assert (first.status_code, first.content, second.status_code) == (204, b"", 404)
    assert (await laptop.get("/v1/tokens")).status_code == 401
    listed = (await anna.http.get("/v1/tokens")).json()["items"]
    assert made["id"] not in [token["id"] for token in listed]


async def test_a_disabled_user_gets_no_token(world: World, admin: Person) -> None:
    await world.person("bob")
    await admin.http.patch("/v1/users/bob", json={"disabled": True})

    answer = await admin.http.post("/v1/tokens", json=LAPTOP | {"user": "bob"})

    assert answer.status_code == 409
    assert "'bob' is disabled" in answer.json()["detail"]


async def test_tokens_are_listed_newest_first_page_by_page(anna: Person) -> None:
    made = [(await anna.http.post("/v1/tokens", json=LAPTOP)).json()["id"] for _ in range(3)]

    page = (await anna.http.get("/v1/tokens?limit=3")).json()
    rest = (await anna.http.get(f"/v1/tokens?limit=3&cursor={page['next']}")).json()

    assert [token["id"] for token in page["items"]] == made[::-1]
    assert (len(rest["items"]), rest["next"]) == (1, None)


async def test_when_a_token_was_last_used_is_told_once_it_is_written_down(
    world: World, anna: Person
) -> None:
    [before] = (await anna.http.get("/v1/tokens")).json()["items"]

    await world.app.state.uses.flush(world.db)

    [after] = (await anna.http.get("/v1/tokens")).json()["items"]
    assert before["last_used_at"] is None
    assert after["last_used_at"] >= after["created_at"]
