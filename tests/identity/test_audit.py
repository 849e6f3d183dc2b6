"""Who did what, and from where."""

import pytest

from moorage.audit import service as audit
from moorage.identity.rules import Caller
from moorage.kit.db import Database

pytestmark = pytest.mark.anyio

ANNA = Caller(user_id="usr_1", username="anna", role="user", scopes=frozenset({"read"}))


async def note(db: Database, action: str, *, caller: Caller | None = ANNA) -> str:
    async with db.begin() as session:
        entry = await audit.record(
            session,
            caller=caller,
            action=action,
            subject="ins_1",
            source_address="192.0.2.1",
            request_id="req-1",
        )
    return entry.id


async def test_an_entry_says_who_did_what_and_from_where(db: Database) -> None:
    await note(db, "instance.create")

    async with db.read() as session:
        (entry,) = await audit.list_entries(session, limit=10)

    assert (entry.user_id, entry.username, entry.outcome) == ("usr_1", "anna", "ok")
    assert (entry.action, entry.subject) == ("instance.create", "ins_1")
    assert (entry.address, entry.request_id, entry.detail) == ("192.0.2.1", "req-1", None)


async def test_a_caller_that_nobody_knows_leaves_an_entry_too(db: Database) -> None:
    await note(db, "login", caller=None)

    async with db.read() as session:
        (entry,) = await audit.list_entries(session, limit=10)

    assert (entry.user_id, entry.username) == (None, None)


async def test_entries_are_listed_newest_first_page_by_page(db: Database) -> None:
    made = {await note(db, "instance.restart") for _ in range(5)}

    async with db.read() as session:
        page = await audit.list_entries(session, limit=2)
        rest = await audit.list_entries(session, limit=9, before=page[-1].id)

    assert [entry.id for entry in page + rest] == sorted(made, reverse=True)
