"""Users: made, found, disabled."""

import pytest

from moorage.identity import service as identity
from moorage.identity.quotas import Quota
from moorage.kit.db import Database
from moorage.kit.errors import Conflict, Invalid, NotFound, Unauthenticated
from tests.make.identity import make_token, make_user

pytestmark = pytest.mark.anyio


async def test_a_user_is_found_by_its_id_and_by_its_name(db: Database) -> None:
    anna = await make_user(db, username="anna", role="admin")

    async with db.read() as session:
        by_id = await identity.get_user(session, anna.id)
        by_name = await identity.find_user_by_name(session, "anna")

    assert by_name is by_id
    assert (by_id.number, by_id.role, by_id.disabled) == (anna.number, "admin", False)
    assert anna.id.startswith("usr_")


async def test_the_numbers_of_users_rise(db: Database) -> None:
    first, second = await make_user(db), await make_user(db)

    assert second.number == first.number + 1


async def test_a_name_cannot_be_taken_twice(db: Database) -> None:
    await make_user(db, username="anna")

    with pytest.raises(Conflict, match="'anna' is taken"):
        await make_user(db, username="anna")


async def test_a_short_password_is_refused_and_no_user_made(db: Database) -> None:
    with pytest.raises(Invalid, match="8 to 128"):
        await make_user(db, username="anna", password="short")

    async with db.read() as session:
        assert await identity.find_user_by_name(session, "anna") is None


@pytest.mark.parametrize("username", ["nobody", "a\x00b", "\ud800", "x" * 100_000])
async def test_nobody_is_found_under_a_name_that_no_user_has(db: Database, username: str) -> None:
    async with db.read() as session:
        assert await identity.find_user_by_name(session, username) is None


async def test_an_unknown_user_is_not_found(db: Database) -> None:
    async with db.begin() as session:
        with pytest.raises(NotFound, match="'usr_0'"):
            await identity.get_user(session, "usr_0")
        with pytest.raises(NotFound, match="'usr_0'"):
            await identity.get_quota(session, user_id="usr_0", default=Quota(1, 1))


async def test_users_are_listed_page_by_page(db: Database) -> None:
    made = {(await make_user(db)).id for _ in range(5)}

    async with db.read() as session:
        page = await identity.list_users(session, limit=3)
        rest = await identity.list_users(session, limit=3, before=page[-1].id)

    assert [user.id for user in page + rest] == sorted(made, reverse=True)


async def test_disabling_a_user_ends_its_tokens_and_its_password_at_once(db: Database) -> None:
    anna = await make_user(db, username="anna", password="correct horse")
    _, text = await make_token(db, user=anna)

    async with db.begin() as session:
        await identity.disable_user(session, anna.id)

    async with db.read() as session:
        with pytest.raises(Unauthenticated):
            await identity.caller_of_token(session, text)
    with pytest.raises(Unauthenticated):
        await identity.caller_of_password(db, username="anna", password="correct horse")


async def test_an_enabled_user_gets_its_password_back_but_not_its_tokens(db: Database) -> None:
    anna = await make_user(db, username="anna", password="correct horse")
    _, text = await make_token(db, user=anna)
    async with db.begin() as session:
        await identity.disable_user(session, anna.id)

    async with db.begin() as session:
        await identity.enable_user(session, anna.id)

    caller = await identity.caller_of_password(db, username="anna", password="correct horse")
    assert caller.user_id == anna.id
    async with db.read() as session:
        with pytest.raises(Unauthenticated):
            await identity.caller_of_token(session, text)


async def test_the_last_administrator_cannot_be_disabled(db: Database) -> None:
    anna = await make_user(db, username="anna", role="admin")
    bert = await make_user(db, role="admin")
    async with db.begin() as session:
        await identity.disable_user(session, bert.id)

    async with db.begin() as session:
        with pytest.raises(Conflict, match="'anna' is the last administrator"):
            await identity.disable_user(session, anna.id)


async def test_a_user_has_the_default_quota_until_it_gets_its_own(db: Database) -> None:
    anna = await make_user(db)
    default = Quota(instances=100, memory_mib=0)

    async with db.begin() as session:
        before = await identity.get_quota(session, user_id=anna.id, default=default)
        (await identity.get_user(session, anna.id)).quota_instances = 3
        after = await identity.get_quota(session, user_id=anna.id, default=default)

    assert (before, after) == (default, Quota(instances=3, memory_mib=0))
