"""Requests that are remembered by key, for a day."""

import asyncio
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from moorage.idempotency import service as idempotency
from moorage.idempotency.models import RememberedRequest
from moorage.idempotency.service import KEPT_FOR, Answer, Made, fingerprint
from moorage.kit.clock import now
from moorage.kit.crypto import Sealer
from moorage.kit.db import Database
from moorage.kit.errors import Conflict, Invalid, KeyReused

pytestmark = pytest.mark.anyio

SEALER = Sealer([Fernet.generate_key()])
ANSWER = Answer(201, {"Location": "/somewhere"}, {"password": "s3cr3t"})


async def remember(
    db: Database, *, user: str = "anna", asked: str = "a", subject: str = "op_1", busy_s: float = 60
) -> None:
    async with db.begin() as session:
        await idempotency.hold(session, user_id=user, key="k", fingerprint=asked, busy_s=busy_s)
        await idempotency.made(session, user_id=user, key="k", subject=subject)


async def recall(db: Database, *, user: str = "anna", asked: str = "a") -> Answer | Made | None:
    async with db.read() as session:
        return await idempotency.recall(session, SEALER, user_id=user, key="k", fingerprint=asked)


async def keep(db: Database) -> None:
    async with db.begin() as session:
        await idempotency.answered(session, SEALER, user_id="anna", key="k", answer=ANSWER)


async def age(db: Database, by: timedelta) -> None:
    async with db.begin() as session:
        await session.execute(update(RememberedRequest).values(created_at=now() - by))


async def test_a_new_key_stands_for_nothing(db: Database) -> None:
    assert await recall(db) is None


async def test_a_kept_answer_comes_back_as_it_was(db: Database) -> None:
    await remember(db)
    await keep(db)

    assert await recall(db) == ANSWER


async def test_another_request_with_the_key_is_refused(db: Database) -> None:
    await remember(db)

    with pytest.raises(KeyReused):
        await recall(db, asked="b")


async def test_a_first_request_that_may_still_answer_is_busy(db: Database) -> None:
    await remember(db)

    assert await recall(db) == Made("op_1", is_busy=True)


async def test_a_first_request_that_died_tells_what_it_made(db: Database) -> None:
    await remember(db, busy_s=-1)

    assert await recall(db) == Made("op_1", is_busy=False)


async def test_a_key_belongs_to_one_user(db: Database) -> None:
    await remember(db)

    assert await recall(db, user="bob") is None
    await remember(db, user="bob", asked="b")


async def test_of_two_at_once_one_is_remembered(db: Database) -> None:
    results = await asyncio.gather(
        remember(db, subject="op_1"), remember(db, subject="op_2"), return_exceptions=True
    )

    assert [type(result) for result in results] == [type(None), Conflict]


async def test_what_came_to_nothing_can_be_forgotten(db: Database) -> None:
    await remember(db)

    async with db.begin() as session:
        await idempotency.forget(session, user_id="anna", key="k")

    assert await recall(db) is None
    await remember(db, asked="b")


async def test_after_a_day_the_key_is_new_again(db: Database) -> None:
    await remember(db)
    await keep(db)
    await age(db, KEPT_FOR + timedelta(seconds=1))

    assert await recall(db, asked="b") is None
    await remember(db, asked="b", busy_s=-1)
    assert await recall(db, asked="b") == Made("op_1", is_busy=False)


@pytest.mark.parametrize("key", ["a", "8e03978e-40d5-43dd-bc93-6894a57f9324", "x" * 255, "{}"])
def test_visible_ascii_is_a_key(key: str) -> None:
    idempotency.check_key(key)


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "ü", "a\n", "\x7f"])
def test_anything_else_is_none(key: str) -> None:
    with pytest.raises(Invalid, match="visible ASCII"):
        idempotency.check_key(key)


json_values = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text())


@given(st.dictionaries(st.text(), json_values))
def test_the_order_of_fields_does_not_change_a_fingerprint(asked: dict[str, object]) -> None:
    turned = dict(reversed(asked.items()))

    assert fingerprint("POST /x", asked) == fingerprint("POST /x", turned)


@given(json_values)
def test_what_is_asked_and_where_both_count(asked: object) -> None:
    assert fingerprint("POST /x", asked) != fingerprint("POST /y", asked)
    assert fingerprint("POST /x", asked) != fingerprint("POST /x", [asked])
