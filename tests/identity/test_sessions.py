"""What every store of sessions does; the two that we have."""

from collections.abc import AsyncIterator
from datetime import timedelta

import anyio
import pytest

from moorage.identity.models import Ticket
from moorage.identity.sessions import Session, Sessions
from moorage.identity.sessions_keyed import KeyedSessions
from moorage.identity.sessions_redis import RedisSessions
from moorage.identity.sessions_rows import SESSIONS, RowSessions, forget_expired
from moorage.kit.clock import now
from moorage.kit.crypto import digest, new_token
from moorage.kit.db import Database
from moorage.kit.errors import Unavailable
from moorage.tables import METADATA
from tests.make.plans import plan
from tests.make.redis import RedisServer

pytestmark = pytest.mark.anyio


@pytest.fixture(
    params=[
        "sqlite",
        "keyed",
        pytest.param("postgres", marks=pytest.mark.postgres),
        pytest.param("redis", marks=pytest.mark.redis),
    ]
)
async def sessions(request: pytest.FixtureRequest, tmp_path: object) -> AsyncIterator[Sessions]:
    """Each store in turn."""
    if request.param == "redis":
        server: RedisServer = request.getfixturevalue("redis_server")
        store = RedisSessions(server.url, installation="ours")
        yield store
        await store.close()
        return
    url = f"sqlite:///{tmp_path}/moorage.db"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres").create_database()
    db = Database(url)
    await db.create_all(METADATA)
    rows = RowSessions(db)
    yield KeyedSessions(rows, b"ours") if request.param == "keyed" else rows
    await db.close()


def session(*, lasts: timedelta = timedelta(hours=1), era: str = "era_1") -> Session:
    return Session("usr_1", era, (now() + lasts).replace(microsecond=0))


async def test_a_session_is_found_by_its_digest(sessions: Sessions) -> None:
    one, other = digest(new_token("ticket")), digest(new_token("ticket"))
    first, second = session(), session(era="")
    await sessions.put(one, first)
    await sessions.put(other, second)

    assert await sessions.get(one) == first
    assert await sessions.get(other) == second
    assert await sessions.get(digest("unknown")) is None


async def test_a_session_that_ended_is_gone_and_may_be_ended_again(sessions: Sessions) -> None:
    one, other = digest(new_token("ticket")), digest(new_token("ticket"))
    await sessions.put(one, session())
    await sessions.put(other, session())

    await sessions.end(one)
    await sessions.end(one)

    assert await sessions.get(one) is None
    assert await sessions.get(other) is not None


async def test_with_another_secret_there_are_other_sessions(sessions: Sessions) -> None:
    ours, theirs = KeyedSessions(sessions, b"ours"), KeyedSessions(sessions, b"theirs")
    one = digest(new_token("ticket"))

    await ours.put(one, session())

    assert await ours.get(one) is not None
    assert await theirs.get(one) is None
    assert await sessions.get(one) is None


async def test_a_session_that_is_over_is_not_found(sessions: Sessions) -> None:
    over, soon = digest(new_token("ticket")), digest(new_token("ticket"))
    await sessions.put(over, session(lasts=timedelta(seconds=-2)))
    await sessions.put(soon, session(lasts=timedelta(seconds=2)))

    assert await sessions.get(over) is None
    with anyio.fail_after(20):
        while await sessions.get(soon) is not None:
            await anyio.sleep(0.05)


async def test_a_store_that_answers_has_no_problem(sessions: Sessions) -> None:
    assert await sessions.problem() is None


@pytest.mark.redis
async def test_another_installation_on_the_same_redis_has_sessions_of_its_own(
    redis_server: RedisServer,
) -> None:
    ours = RedisSessions(redis_server.url, installation="ours")
    others = RedisSessions(redis_server.url, installation="others")
    ticket = digest(new_token("ticket"))
    await ours.put(ticket, session())

    assert await others.get(ticket) is None
    await ours.close()
    await others.close()


@pytest.mark.redis
@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("redis://127.0.0.1:1", "redis: connection refused"),
        ("redis://localhost:1", "redis: connection refused"),
        ("redis://no-such-host.invalid", "redis: no connection"),
        ("unix:///no/such/socket", "redis: no connection"),
    ],
)
async def test_a_redis_that_is_not_there_is_told_of_in_a_few_words(url: str, problem: str) -> None:
    sessions = RedisSessions(url, installation="ours")

    assert await sessions.problem() == problem
    with pytest.raises(Unavailable, match="cannot be looked up"):
        await sessions.get(digest("any"))
    await sessions.close()


@pytest.mark.redis
async def test_a_redis_with_another_password_is_told_of_without_naming_it(
    redis_server: RedisServer,
) -> None:
    sessions = RedisSessions(redis_server.url.replace("p%40ss", "other"), installation="ours")

    assert await sessions.problem() == "redis: login refused"
    await sessions.close()


@pytest.mark.redis
async def test_a_redis_that_goes_away_and_comes_back_is_used_again(
    redis_server: RedisServer,
) -> None:
    sessions = RedisSessions(redis_server.url, installation="ours")
    ticket = digest(new_token("ticket"))
    await sessions.put(ticket, session())

    with redis_server.stopped():
        with pytest.raises(Unavailable):
            await sessions.get(ticket)
        assert await sessions.problem() == "redis: connection refused"

    assert await sessions.problem() is None
    await sessions.put(ticket, session())
    assert await sessions.get(ticket) is not None
    await sessions.close()


@pytest.mark.redis
async def test_nobody_waits_for_a_redis_that_accepts_and_never_answers(
    redis_server: RedisServer,
) -> None:
    sessions = RedisSessions(redis_server.url, installation="ours")
    ticket = digest(new_token("ticket"))
    await sessions.put(ticket, session())

    with redis_server.frozen(), anyio.fail_after(20):
        assert await sessions.problem() == "redis: no answer"
        async with anyio.create_task_group() as group:
            for _ in range(40):  # more than there are connections
                group.start_soon(refused, sessions, ticket)

    assert await sessions.get(ticket) is not None
    await sessions.close()


async def refused(sessions: Sessions, ticket: str) -> None:
    with pytest.raises(Unavailable):
        await sessions.get(ticket)


async def test_rows_of_sessions_that_are_over_are_removed(db: Database) -> None:
    sessions = RowSessions(db)
    over, lasting = digest("over"), digest("lasting")
    await sessions.put(over, session(lasts=timedelta(seconds=-1)))
    await sessions.put(lasting, session())

    await forget_expired(db)

    async with db.read() as rows:
        assert await rows.get(Ticket, over) is None
        assert await rows.get(Ticket, lasting) is not None


async def test_a_row_is_found_by_an_index(db: Database) -> None:
    steps = await plan(db, SESSIONS)

    assert steps
    assert all(step.startswith("SEARCH") for step in steps)
