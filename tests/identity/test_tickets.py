"""Tickets: who is known by one, for how long, and what ends them."""

from datetime import timedelta

import pytest
from sqlalchemy import delete

from moorage.identity import service as identity
from moorage.identity import tickets
from moorage.identity.models import Ticket, User
from moorage.identity.service import UserChanges
from moorage.identity.sessions import Session
from moorage.identity.sessions_rows import RowSessions
from moorage.identity.tickets import Login
from moorage.kit.clock import now
from moorage.kit.crypto import digest
from moorage.kit.db import Database
from moorage.kit.errors import Unauthenticated
from tests.make.identity import make_user
from tests.make.plans import plan

pytestmark = pytest.mark.anyio

PASSWORD = "correct horse"
ONE_WORDING = r"^Invalid or expired credentials\.$"


async def log_in(db: Database, username: str = "anna", password: str = PASSWORD) -> Login:
    return await tickets.log_in(
        db,
        RowSessions(db),
        username=username,
        password=password,
        lifetime=timedelta(hours=2),
    )


async def is_known(db: Database, login: Login) -> bool:
    try:
        await tickets.caller_of_ticket(db, RowSessions(db), login.ticket)
    except Unauthenticated:
        return False
    return True


async def change(db: Database, user: User, changes: UserChanges) -> None:
    async with db.begin() as session:
        found = await identity.get_user(session, user.id)
        await identity.change_user(session, found, changes)


async def test_a_ticket_says_who_is_calling_with_all_rights_of_its_user(db: Database) -> None:
    anna = await make_user(db, username="anna", password=PASSWORD, role="admin")

    login = await log_in(db)

    caller = await tickets.caller_of_ticket(db, RowSessions(db), login.ticket)
    assert (caller.user_id, caller.username, caller.role) == (anna.id, "anna", "admin")
    assert caller.scopes == {"read", "write"}
    assert now() + timedelta(minutes=119) < login.expires_at <= now() + timedelta(hours=2)


async def test_only_the_digest_of_a_ticket_is_kept(db: Database) -> None:
    await make_user(db, username="anna", password=PASSWORD)

    login = await log_in(db)

    async with db.read() as session:
        row = await session.get_one(Ticket, digest(login.ticket))
    kept = [str(getattr(row, column.key)) for column in Ticket.__table__.columns]
    assert not any(login.ticket in value or login.csrf_token in value for value in kept)


async def test_whatever_is_no_ticket_is_refused_in_the_same_words(db: Database) -> None:
    await make_user(db, username="anna", password=PASSWORD)
    login = await log_in(db)
    last = "A" if login.ticket[-1] != "A" else "B"

    for text in ("", "ticket_", login.ticket[:-1] + last, login.ticket + "A", "\x00", "\ud800"):
        with pytest.raises(Unauthenticated, match=ONE_WORDING):
            await tickets.caller_of_ticket(db, RowSessions(db), text)


async def test_a_ticket_is_refused_once_it_expired(db: Database) -> None:
    anna = await make_user(db, username="anna", password=PASSWORD)
    login = await log_in(db)
    over = Session(anna.id, anna.era, now())
    await RowSessions(db).end(digest(login.ticket))
    await RowSessions(db).put(digest(login.ticket), over)

    assert not await is_known(db, login)


async def test_whoever_logs_out_ends_that_ticket_only(db: Database) -> None:
    await make_user(db, username="anna", password=PASSWORD)
    here, elsewhere = await log_in(db), await log_in(db)

    await tickets.log_out(RowSessions(db), here.ticket)
    await tickets.log_out(RowSessions(db), "no ticket")

    assert not await is_known(db, here)
    assert await is_known(db, elsewhere)


@pytest.mark.parametrize(
    "changes",
    [{"password_hash": "another"}, {"role": "admin"}, {"disabled": True}],
    ids=lambda changes: str(*changes),
)
async def test_what_changes_about_a_user_ends_all_its_tickets(
    db: Database, changes: UserChanges
) -> None:
    anna = await make_user(db, username="anna", password=PASSWORD)
    await make_user(db, username="bob", password=PASSWORD)
    logins = [await log_in(db) for _ in range(2)]
    of_bob = await log_in(db, "bob")

    await change(db, anna, changes)

    assert not any([await is_known(db, login) for login in logins])
    assert await is_known(db, of_bob)


async def test_a_change_that_changes_nothing_ends_no_ticket(db: Database) -> None:
    anna = await make_user(db, username="anna", password=PASSWORD)
    login = await log_in(db)

    await change(db, anna, {"role": "user", "disabled": False, "quota_instances": 3})

    assert await is_known(db, login)


async def test_a_user_that_is_enabled_again_has_no_tickets_of_before(db: Database) -> None:
    anna = await make_user(db, username="anna", password=PASSWORD)
    login = await log_in(db)

    await change(db, anna, {"disabled": True})
    await change(db, anna, {"disabled": False})

    assert not await is_known(db, login)


async def test_a_login_that_a_new_password_overtakes_gives_a_dead_ticket(db: Database) -> None:
    anna = await make_user(db, username="anna", password=PASSWORD)

    class Overtaken(RowSessions):
        async def put(self, digest: str, session: Session) -> None:
            await change(db, anna, {"password_hash": "another"})
            await super().put(digest, session)

    login = await tickets.log_in(
        db, Overtaken(db), username="anna", password=PASSWORD, lifetime=timedelta(hours=2)
    )

    assert not await is_known(db, login)


async def test_the_ticket_of_a_user_that_was_removed_is_refused(db: Database) -> None:
    anna = await make_user(db, username="anna", password=PASSWORD)
    login = await log_in(db)

    async with db.begin() as session:
        await session.execute(delete(User).where(User.id == anna.id))

    assert not await is_known(db, login)


async def test_a_ticket_renews_itself_and_the_old_one_goes_on(db: Database) -> None:
    await make_user(db, username="anna", password=PASSWORD)
    old = await log_in(db)

    new = await log_in(db, password=old.ticket)

    assert new.ticket != old.ticket
    assert await is_known(db, new)
    assert await is_known(db, old)


async def test_a_ticket_renews_nobody_elses_and_none_that_ended(db: Database) -> None:
    await make_user(db, username="anna", password=PASSWORD)
    await make_user(db, username="bob", password=PASSWORD)
    login = await log_in(db)

    with pytest.raises(Unauthenticated, match=ONE_WORDING):
        await log_in(db, "bob", login.ticket)
    await tickets.log_out(RowSessions(db), login.ticket)
    with pytest.raises(Unauthenticated, match=ONE_WORDING):
        await log_in(db, "anna", login.ticket)


async def test_a_password_may_look_like_a_ticket(db: Database) -> None:
    password = f"ticket_{'x' * 43}"
    await make_user(db, username="anna", password=password)

    assert await is_known(db, await log_in(db, password=password))


async def test_the_csrf_token_belongs_to_its_ticket(db: Database) -> None:
    await make_user(db, username="anna", password=PASSWORD)
    one, other = await log_in(db), await log_in(db)

    assert tickets.is_csrf_token(one.csrf_token, one.ticket)
    assert not tickets.is_csrf_token(other.csrf_token, one.ticket)
    assert not tickets.is_csrf_token("", one.ticket)
    assert not tickets.is_csrf_token("é", one.ticket)


async def test_the_owner_of_a_ticket_is_found_by_an_index(db: Database) -> None:
    steps = await plan(db, identity.OWNERS)

    assert steps
    assert all(step.startswith("SEARCH") for step in steps)
