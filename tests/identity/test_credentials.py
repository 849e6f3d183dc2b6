"""Tokens and passwords: who is calling."""

from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from moorage.identity import passwords
from moorage.identity import service as identity
from moorage.identity.models import Token
from moorage.kit.clock import now
from moorage.kit.db import Database
from moorage.kit.errors import Conflict, Invalid, NotFound, Unauthenticated
from moorage.kit.paging import Page
from tests.make.identity import make_token, make_user
from tests.make.plans import plan

pytestmark = pytest.mark.anyio

ONE_WORDING = r"^Invalid or expired credentials\.$"


async def test_a_token_proves_who_is_calling(db: Database) -> None:
    anna = await make_user(db, username="anna", role="admin")
    token, text = await make_token(db, user=anna, scopes=["read"])

    caller = await identity.caller_of_token(db, text)

    assert (caller.user_id, caller.username, caller.role) == (anna.id, "anna", "admin")
    assert caller.token_id == token.id
    assert caller.scopes == {"read"}


async def test_a_token_is_found_by_an_index(db: Database) -> None:
    steps = await plan(db, identity.CALLERS)

    assert steps
    assert all(step.startswith("SEARCH") for step in steps)


async def test_the_text_of_a_token_is_not_kept(db: Database) -> None:
    token, text = await make_token(db)

    columns = {column.key: getattr(token, column.key) for column in Token.__table__.columns}

    assert text.startswith("moor_")
    assert not any(text in str(value) for value in columns.values())


async def test_every_bad_token_is_refused_in_the_same_words(db: Database) -> None:
    revoked, revoked_text = await make_token(db)
    expired, expired_text = await make_token(db, expires_at=now() + timedelta(days=1))
    async with db.begin() as session:
        await identity.revoke_token(session, user_id=revoked.user_id, token_id=revoked.id)
        (await session.get_one(Token, expired.id)).expires_at = now()

    for text in (revoked_text, expired_text, "moor_unknown", "", "\x00"):
        with pytest.raises(Unauthenticated, match=ONE_WORDING):
            await identity.caller_of_token(db, text)


async def test_a_token_works_until_it_expires(db: Database) -> None:
    token, text = await make_token(db, expires_at=now() + timedelta(minutes=1))

    assert (await identity.caller_of_token(db, text)).token_id == token.id


async def test_a_disabled_user_gets_no_token(db: Database) -> None:
    anna = await make_user(db, username="anna")
    anna.disabled = True

    with pytest.raises(Conflict, match="'anna' is disabled"):
        await make_token(db, user=anna)


async def test_an_administrator_revokes_anybodys_token(db: Database) -> None:
    token, text = await make_token(db)

    async with db.begin() as session:
        await identity.revoke_token(session, user_id=None, token_id=token.id)

    with pytest.raises(Unauthenticated):
        await identity.caller_of_token(db, text)


async def test_a_token_cannot_be_issued_expired(db: Database) -> None:
    with pytest.raises(Invalid, match="lies in the past"):
        await make_token(db, expires_at=now())


async def test_nobody_revokes_what_somebody_else_owns_or_a_token_twice(db: Database) -> None:
    token, text = await make_token(db)
    stranger = await make_user(db)

    async with db.begin() as session:
        with pytest.raises(NotFound, match=token.id):
            await identity.revoke_token(session, user_id=stranger.id, token_id=token.id)
        await identity.caller_of_token(db, text)
        await identity.revoke_token(session, user_id=token.user_id, token_id=token.id)
        with pytest.raises(NotFound, match=token.id):
            await identity.revoke_token(session, user_id=token.user_id, token_id=token.id)


async def test_a_user_sees_its_own_tokens_but_for_revoked_ones(db: Database) -> None:
    anna = await make_user(db)
    first, second, revoked = [(await make_token(db, user=anna))[0] for _ in range(3)]
    await make_token(db)

    async with db.begin() as session:
        await identity.revoke_token(session, user_id=anna.id, token_id=revoked.id)
        newest, _ = await identity.list_tokens(session, Page(1), user_id=anna.id)
        rest = await identity.list_tokens(session, Page(9, newest.id), user_id=anna.id)

    assert {newest.id, *(token.id for token in rest)} == {first.id, second.id}


async def test_a_name_and_its_password_prove_who_is_calling(db: Database) -> None:
    anna = await make_user(db, username="anna", password="correct horse")

    caller = await identity.caller_of_password(db, username="anna", password="correct horse")

    assert (caller.user_id, caller.token_id) == (anna.id, None)
    assert caller.scopes == {"read", "write"}


async def test_every_bad_password_is_refused_in_the_same_words(db: Database) -> None:
    await make_user(db, username="anna", password="correct horse")
    await make_user(db, username="no-password")

    for username, password in [
        ("anna", "wrong horse"),
        ("anna", ""),
        ("no-password", "correct horse"),
        ("nobody", "correct horse"),
        ("\x00", "\ud800"),
    ]:
        with pytest.raises(Unauthenticated, match=ONE_WORDING):
            await identity.caller_of_password(db, username=username, password=password)


async def test_a_login_renews_an_outdated_hash(db: Database) -> None:
    anna = await make_user(db, username="anna")
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("correct horse")
    async with db.begin() as session:
        (await identity.get_user(session, anna.id)).password_hash = cheap

    await identity.caller_of_password(db, username="anna", password="correct horse")

    async with db.read() as session:
        kept = (await identity.get_user(session, anna.id)).password_hash
    assert kept
    assert not passwords.is_outdated(kept)
    assert await passwords.matches("correct horse", kept)


async def test_a_new_password_replaces_the_old_one(db: Database) -> None:
    anna = await make_user(db, username="anna", password="correct horse")

    async with db.begin() as session:
        hashed = await identity.hashed_password("battery staple")
        user = await identity.get_user(session, anna.id)
        await identity.change_user(session, user, {"password_hash": hashed})

    await identity.caller_of_password(db, username="anna", password="battery staple")
    with pytest.raises(Unauthenticated, match=ONE_WORDING):
        await identity.caller_of_password(db, username="anna", password="correct horse")
