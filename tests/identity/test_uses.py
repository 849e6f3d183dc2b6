"""When tokens were last used."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from moorage.identity.models import Token
from moorage.identity.uses import Uses
from moorage.kit.clock import now
from moorage.kit.db import Database
from tests.make.identity import make_token

pytestmark = pytest.mark.anyio


async def last_use(db: Database, token: Token) -> datetime | None:
    async with db.read() as session:
        return (await session.get_one(Token, token.id)).last_used_at


async def test_uses_of_tokens_are_written_down_together(db: Database) -> None:
    (one, _), (other, _), (unused, _) = [await make_token(db) for _ in range(3)]
    uses, started = Uses(), now()
    for token_id in (one.id, "tok_gone", other.id):
        uses.note(token_id)

    await uses.flush(db)

    for token in (one, other):
        used_at = await last_use(db, token)
        assert used_at
        assert started <= used_at <= now()
    assert await last_use(db, unused) is None


async def test_a_use_is_written_down_once(db: Database) -> None:
    token, _ = await make_token(db)
    uses = Uses()
    uses.note(token.id)
    await uses.flush(db)
    used_at = await last_use(db, token)

    await uses.flush(db)

    assert await last_use(db, token) == used_at


async def test_a_later_use_that_another_process_saw_stays(db: Database) -> None:
    token, _ = await make_token(db)
    later = datetime.now(UTC) + timedelta(hours=1)
    async with db.begin() as session:
        (await session.get_one(Token, token.id)).last_used_at = later
    uses = Uses()
    uses.note(token.id)

    await uses.flush(db)

    assert await last_use(db, token) == later


async def test_what_could_not_be_written_is_written_the_next_time(
    db: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    token, _ = await make_token(db)
    uses = Uses()
    uses.note(token.id)
    away = Database(f"sqlite:///{tmp_path / 'gone' / 'moorage.db'}")

    await uses.flush(away)
    await uses.flush(db)

    assert "uses of tokens not written" in caplog.text
    assert await last_use(db, token)
    await away.close()
