"""Streams end with the credential that opened them."""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import update

from moorage.identity import service as identity
from moorage.identity.models import Token
from moorage.identity.service import UserChanges
from moorage.kit.clock import now
from moorage.web import sse
from tests.make.streams import WITHIN_S, listening
from tests.make.world import Person, World

pytestmark = pytest.mark.anyio

PASSWORD = "correct horse"
CREDENTIALS = {"username": "anna", "password": PASSWORD}
STILL_HERE = ": still here"

Headers = Mapping[str, str]
Loss = Callable[[World, Person, Headers], Awaitable[None]]


@pytest.fixture
async def anna(world: World, monkeypatch: pytest.MonkeyPatch) -> Person:
    """Give somebody with a token and a password, to whom streams say often that they are there."""
    monkeypatch.setattr(sse, "KEEP_ALIVE_S", 0.01)
    return await world.person("anna", password=PASSWORD)


async def by_token(_world: World, person: Person) -> Headers:
    return {"Authorization": f"Bearer {person.token}"}


async def by_password(_world: World, _person: Person) -> Headers:
    secret = base64.b64encode(f"anna:{PASSWORD}".encode()).decode()
    return {"Authorization": f"Basic {secret}"}


async def by_ticket(world: World, _person: Person) -> Headers:
    answer = await (await world.http()).post("/api/ticket", json=CREDENTIALS)
    return {"X-Auth-Token": answer.json()["data"]["ticket"]}


async def by_cookie(world: World, person: Person) -> Headers:
    ticket = (await by_ticket(world, person))["X-Auth-Token"]
    return {"Cookie": f"MoorageTicket={ticket}"}


async def revoked(world: World, _person: Person, _headers: Headers) -> None:
    await change_tokens(world, revoked_at=now())


async def expired(world: World, _person: Person, _headers: Headers) -> None:
    await change_tokens(world, expires_at=now() - timedelta(seconds=1))


async def logged_out(world: World, _person: Person, headers: Headers) -> None:
    answer = await (await world.http(**headers)).delete("/api/ticket")
    assert answer.status_code == 200


async def disabled(world: World, person: Person, _headers: Headers) -> None:
    await change_user(world, person, {"disabled": True})


async def with_another_password(world: World, person: Person, _headers: Headers) -> None:
    other = await identity.hashed_password("battery staple")
    await change_user(world, person, {"password_hash": other})


@pytest.mark.parametrize(
    ("shown", "lost"),
    [
        (by_token, revoked),
        (by_token, expired),
        (by_token, disabled),
        (by_ticket, logged_out),
        (by_ticket, with_another_password),
        (by_ticket, disabled),
        (by_cookie, with_another_password),
        (by_password, with_another_password),
        (by_password, disabled),
    ],
)
async def test_an_operation_is_watched_no_longer_than_the_credential_holds(
    world: World,
    anna: Person,
    shown: Callable[[World, Person], Awaitable[Headers]],
    lost: Loss,
) -> None:
    world.gate.close("before start_container")
    path = f"{await ordered(anna)}/events"
    headers = await shown(world, anna)

    async with watched(world, path, headers) as lines:
        before = [await anext(lines) for _ in range(100)]
        await lost(world, anna, headers)
        after = [line async for line in lines]

    assert before.count(STILL_HERE) > 1
    assert "event: end" not in before + after


async def test_a_log_is_followed_no_longer_than_the_credential_holds(
    world: World, anna: Person
) -> None:
    await ordered(anna)
    await world.settled()
    headers = await by_token(world, anna)

    async with watched(world, "/v1/instances/1/logs?follow=true", headers) as lines:
        async for line in lines:
            if line == STILL_HERE:
                break
        await revoked(world, anna, headers)
        after = [line async for line in lines]

    assert set(after) <= {"", STILL_HERE}


async def ordered(person: Person) -> str:
    """Order a Redis without waiting for it; return the path of its operation."""
    made = await person.http.post("/resource_list?wait=0", json={"resource_name": "redis"})
    return made.headers["Location"]


@asynccontextmanager
async def watched(world: World, path: str, headers: Headers) -> AsyncIterator[AsyncIterator[str]]:
    """Open a stream; give its lines, which end in time or not at all."""
    async with (
        listening(world) as url,
        httpx.AsyncClient(base_url=url, headers=headers) as client,
        asyncio.timeout(WITHIN_S),
        client.stream("GET", path) as answer,
    ):
        assert answer.status_code == 200
        yield answer.aiter_lines()


async def change_tokens(world: World, **values: object) -> None:
    async with world.db.begin() as session:
        await session.execute(update(Token).values(**values))


async def change_user(world: World, person: Person, changes: UserChanges) -> None:
    async with world.db.begin() as session:
        user = await identity.get_user(session, person.user.id)
        await identity.change_user(session, user, changes)
