"""Users: made, found, disabled."""

import asyncio

import pytest

from moorage.identity import service as identity
from moorage.identity.models import User
from moorage.identity.quotas import Quota
from moorage.identity.rules import SCOPES, Caller
from moorage.identity.service import UserChanges
from moorage.kit.db import Database
from moorage.kit.errors import Conflict, Invalid, NotFound, Unauthenticated
from moorage.kit.paging import Page
from tests.make.identity import make_token, make_user

pytestmark = pytest.mark.anyio


async def change(db: Database, user: User, changes: UserChanges) -> None:
    async with db.begin() as session:
        await identity.change_user(session, await identity.get_user(session, user.id), changes)


def caller(user: User) -> Caller:
    return Caller(user_id=user.id, username=user.username, role=user.role, scopes=frozenset(SCOPES))


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
        *page, one_more = await identity.list_users(session, Page(3))
        rest = await identity.list_users(session, Page(3, after=page[-1].id))

    assert [user.id for user in page + rest] == sorted(made, reverse=True)
    assert one_more is rest[0]


async def test_users_are_listed_by_name_and_by_whether_they_are_disabled(db: Database) -> None:
    anna, bob = await make_user(db, username="anna"), await make_user(db, username="bob")
    await change(db, bob, {"disabled": True})

    async with db.read() as session:
        by_name = await identity.list_users(session, Page(9), username="anna")
        disabled = await identity.list_users(session, Page(9), disabled=True)
        enabled = await identity.list_users(session, Page(9), disabled=False)

    found = [[user.id for user in users] for users in (by_name, disabled, enabled)]
    assert found == [[anna.id], [bob.id], [anna.id]]


@pytest.mark.parametrize("wanted", ["me", "anna", "id"])
async def test_a_user_means_itself_by_its_id_its_name_and_me(db: Database, wanted: str) -> None:
    anna = await make_user(db, username="anna")

    async with db.read() as session:
        wanted = anna.id if wanted == "id" else wanted
        found = await identity.get_user_for(session, caller(anna), wanted)

    assert found.id == anna.id


async def test_only_an_administrator_means_somebody_else(db: Database) -> None:
    anna, bob = await make_user(db, username="anna"), await make_user(db, username="bob")
    root = await make_user(db, role="admin")

    async with db.read() as session:
        for wanted in ("bob", bob.id):
            found = await identity.get_user_for(session, caller(root), wanted)
            assert found.id == bob.id
            with pytest.raises(NotFound, match=f"'{wanted}'"):
                await identity.get_user_for(session, caller(anna), wanted)


@pytest.mark.parametrize("wanted", ["nobody", "usr_0", "", "a\x00b", "\ud800", "x" * 100_000])
async def test_nobody_is_meant_by_what_is_no_user(db: Database, wanted: str) -> None:
    root = await make_user(db, role="admin")

    async with db.read() as session:
        with pytest.raises(NotFound) as raised:
            await identity.get_user_for(session, caller(root), wanted)

    assert len(raised.value.message) < 200


async def test_a_name_that_looks_like_an_id_hides_nobody(db: Database) -> None:
    anna, root = await make_user(db), await make_user(db, role="admin")
    await make_user(db, username=anna.id)

    async with db.read() as session:
        found = await identity.get_user_for(session, caller(root), anna.id)

    assert found.number == anna.number


async def test_disabling_a_user_ends_its_tokens_and_its_password_at_once(db: Database) -> None:
    anna = await make_user(db, username="anna", password="correct horse")
    _, text = await make_token(db, user=anna)

    await change(db, anna, {"disabled": True})

    with pytest.raises(Unauthenticated):
        await identity.caller_of_token(db, text)
    with pytest.raises(Unauthenticated):
        await identity.caller_of_password(db, username="anna", password="correct horse")


async def test_an_enabled_user_gets_its_password_back_but_not_its_tokens(db: Database) -> None:
    anna = await make_user(db, username="anna", password="correct horse")
    _, text = await make_token(db, user=anna)
    await change(db, anna, {"disabled": True})

    await change(db, anna, {"disabled": False})

    known = await identity.caller_of_password(db, username="anna", password="correct horse")
    assert known.user_id == anna.id
    with pytest.raises(Unauthenticated):
        await identity.caller_of_token(db, text)


GOING: list[UserChanges] = [{"disabled": True}, {"role": "user"}]


@pytest.mark.parametrize("going", GOING)
async def test_the_last_administrator_cannot_go(db: Database, going: UserChanges) -> None:
    anna = await make_user(db, username="anna", role="admin")
    bert = await make_user(db, role="admin")
    await change(db, bert, going)

    with pytest.raises(Conflict, match="'anna' is the last administrator"):
        await change(db, anna, going)

    async with db.read() as session:
        kept = await identity.get_user(session, anna.id)
    assert (kept.role, kept.disabled) == ("admin", False)


@pytest.mark.parametrize("going", GOING)
async def test_of_two_administrators_that_go_at_once_one_stays(
    db: Database, going: UserChanges
) -> None:
    both = [await make_user(db, role="admin") for _ in range(2)]

    ends = await asyncio.gather(*(change(db, one, going) for one in both), return_exceptions=True)

    assert [type(end) for end in ends].count(Conflict) == 1
    async with db.read() as session:
        users = await identity.list_users(session, Page(9), disabled=False)
    assert [user.role for user in users].count("admin") == 1


async def test_a_change_of_something_else_needs_no_administrator(db: Database) -> None:
    anna = await make_user(db)

    await change(db, anna, {"quota_instances": 3, "disabled": True})

    async with db.read() as session:
        kept = await identity.get_user(session, anna.id)
    assert (kept.quota_instances, kept.disabled, kept.role) == (3, True, "user")


async def test_a_user_has_the_default_quota_until_it_gets_its_own(db: Database) -> None:
    anna = await make_user(db)
    default = Quota(instances=100, memory_mib=0)

    async with db.begin() as session:
        before = await identity.get_quota(session, user_id=anna.id, default=default)
        (await identity.get_user(session, anna.id)).quota_instances = 3
        after = await identity.get_quota(session, user_id=anna.id, default=default)

    assert (before, after) == (default, Quota(instances=3, memory_mib=0))
