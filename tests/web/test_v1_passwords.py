"""`/v1/users`: passwords are set, never told, and not changed by whoever finds a token."""

import asyncio

import pytest

from moorage.idempotency.models import RememberedRequest
from moorage.idempotency.service import fingerprint
from tests.make.world import Person, World
from tests.web.logins import status_of_login

pytestmark = pytest.mark.anyio

PASSWORD = "correct horse"
OTHER = "battery staple"


@pytest.mark.parametrize("password", [12345678, ["correct horse"], {"a": "correct horse"}])
async def test_a_password_that_is_no_text_is_refused_and_not_told(
    admin: Person, password: object
) -> None:
    answer = await admin.http.post("/v1/users", json={"username": "bob", "password": password})

    assert answer.json()["errors"] == [{"pointer": "#/password", "detail": "is a text"}]


async def test_what_a_key_keeps_gives_no_password_away_to_guessing(
    world: World, admin: Person
) -> None:
    wanted, key = {"username": "bob", "password": PASSWORD}, {"Idempotency-Key": "bob-1"}

    await admin.http.post("/v1/users", json=wanted, headers=key)

    [kept] = await world.rows(RememberedRequest)
    guess = fingerprint("POST /v1/users", wanted)
    assert kept.fingerprint == world.tools.sealer.mac(guess) != guess


async def test_a_first_password_needs_no_other_one(world: World, anna: Person) -> None:
    answer = await anna.http.patch("/v1/users/me", json={"password": PASSWORD})

    assert answer.json()["has_password"] is True
    assert await status_of_login(world, "anna", PASSWORD) == 200


async def test_whoever_changes_its_own_password_says_the_one_it_has(
    subtests: pytest.Subtests, world: World
) -> None:
    for role in ("user", "admin"):
        with subtests.test(role):
            bob = await world.person(f"bob-{role}", role=role, password=PASSWORD)
            change = {"password": OTHER}

            missing = await bob.http.patch("/v1/users/me", json=change)
            wrong = await bob.http.patch(
                f"/v1/users/{bob.user.id}", json=change | {"current_password": "wrong horse"}
            )
            right = await bob.http.patch(
                "/v1/users/me", json=change | {"current_password": PASSWORD}
            )

            statuses = [answer.status_code for answer in (missing, wrong, right)]
            assert statuses == [400, 403, 200]
            assert await status_of_login(world, bob.user.username, OTHER) == 200


async def test_a_password_cannot_be_guessed_with_a_stolen_token(world: World) -> None:
    bob = await world.person("bob", password=PASSWORD)
    guess = {"password": OTHER, "current_password": "wrong horse"}

    answers = [await bob.http.patch("/v1/users/me", json=guess) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [403, 403, 403, 429]
    assert "Retry-After" in answers[-1].headers


async def test_many_guesses_at_once_are_told_no_more_than_one_after_the_other(
    world: World,
) -> None:
    bob = await world.person("bob", password=PASSWORD)
    guess = {"password": OTHER, "current_password": "wrong horse"}

    answers = await asyncio.gather(*(bob.http.patch("/v1/users/me", json=guess) for _ in range(6)))

    assert sorted(answer.status_code for answer in answers) == [403] * 3 + [429] * 3
