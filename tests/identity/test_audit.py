"""Who did what, and from where."""

from dataclasses import replace

import pytest

from moorage.audit import service as audit
from moorage.identity.rules import Caller
from moorage.kit.db import Database
from moorage.kit.log import request_id
from moorage.kit.paging import Page

pytestmark = pytest.mark.anyio

ANNA = Caller(user_id="usr_1", username="anna", role="user", scopes=frozenset({"read"}))


async def note(
    db: Database, action: str, *, caller: Caller | None = ANNA, subject: str = "ins_1"
) -> str:
    async with db.begin() as session:
        entry = await audit.record(
            session,
            caller=caller,
            action=action,
            subject=subject,
            source_address="192.0.2.1",
        )
    return entry.id


async def test_an_entry_says_who_did_what_and_from_where(db: Database) -> None:
    token = request_id.set("req-1")

    await note(db, "instance.create")

    request_id.reset(token)
    async with db.read() as session:
        (entry,) = await audit.list_entries(session, Page(10))
    assert (entry.user_id, entry.username, entry.outcome) == ("usr_1", "anna", "ok")
    assert (entry.action, entry.subject) == ("instance.create", "ins_1")
    assert (entry.address, entry.request_id, entry.detail) == ("192.0.2.1", "req-1", None)


async def test_a_caller_that_nobody_knows_leaves_an_entry_too(db: Database) -> None:
    await note(db, "login", caller=None)

    async with db.read() as session:
        (entry,) = await audit.list_entries(session, Page(10))

    assert (entry.user_id, entry.username) == (None, None)


async def test_entries_are_listed_newest_first_page_by_page(db: Database) -> None:
    made = {await note(db, "instance.restart") for _ in range(5)}

    async with db.read() as session:
        *page, one_more = await audit.list_entries(session, Page(2))
        rest = await audit.list_entries(session, Page(9, after=page[-1].id))

    assert [entry.id for entry in page + rest] == sorted(made, reverse=True)
    assert one_more is rest[0]


async def test_entries_are_found_by_user_by_action_and_by_subject(db: Database) -> None:
    other = replace(ANNA, user_id="usr_2")
    restart, create = await note(db, "instance.restart"), await note(db, "instance.create")
    third = await note(db, "user.create", caller=other, subject="usr_3")

    async with db.read() as session:
        by_user = await audit.list_entries(session, Page(9), user_id="usr_1")
        by_action = await audit.list_entries(session, Page(9), action="instance.create")
        by_subject = await audit.list_entries(session, Page(9), subject="usr_3")
        by_both = await audit.list_entries(session, Page(9), user_id="usr_1", subject="usr_3")

    found = [[entry.id for entry in page] for page in (by_user, by_action, by_subject, by_both)]
    assert found == [[create, restart], [create], [third], []]


async def test_entries_are_found_from_one_moment_to_before_another(db: Database) -> None:
    ids = [await note(db, "instance.restart") for _ in range(3)]
    async with db.read() as session:
        third, second, first = await audit.list_entries(session, Page(9))
        found = await audit.list_entries(session, Page(9), since=first.at, until=third.at)

    assert [second.id, first.id] == [ids[1], ids[0]]
    assert [entry.id for entry in found] == [second.id, first.id]


async def test_a_failure_is_written_under_the_name_of_who_ordered(db: Database) -> None:
    token = request_id.set("req-1")
    await note(db, "instance.create")
    request_id.reset(token)

    async with db.begin() as session:
        await audit.record_failure(
            session, action="instance.create", subject="ins_1", detail="The disk is full."
        )

    async with db.read() as session:
        failure, order = await audit.list_entries(session, Page(9))
    assert (order.outcome, failure.outcome) == ("ok", "failed")
    assert (failure.username, failure.request_id) == ("anna", "req-1")
    assert failure.detail == "The disk is full."


async def test_a_failure_of_what_nobody_ordered_leaves_no_entry(db: Database) -> None:
    await note(db, "instance.create")

    async with db.begin() as session:
        await audit.record_failure(
            session, action="instance.check", subject="ins_1", detail="It is gone."
        )

    async with db.read() as session:
        assert len(await audit.list_entries(session, Page(9))) == 1
