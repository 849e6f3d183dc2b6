"""When tokens were last used: kept in memory, written down many at once."""

import logging
from datetime import datetime

from sqlalchemy import bindparam, or_, update

from moorage.identity.models import Token
from moorage.kit.clock import now
from moorage.kit.db import Database
from moorage.kit.errors import Unavailable

log = logging.getLogger(__name__)

_USED_AT = bindparam("used_at", type_=Token.last_used_at.type)
_WRITE = (
    update(Token)
    .where(Token.id == bindparam("token_id"))
    # Another process may have seen a later use.
    .where(or_(Token.last_used_at.is_(None), Token.last_used_at < _USED_AT))
    .values(last_used_at=_USED_AT)
)


class Uses:
    """The last uses that this process saw; no more than there are tokens."""

    def __init__(self) -> None:
        self._at: dict[str, datetime] = {}

    def note(self, token_id: str) -> None:
        """Keep that a token is being used now."""
        self._at[token_id] = now()

    async def flush(self, db: Database) -> None:
        """Write down what was noted: once a minute, and at the end."""
        noted, self._at = self._at, {}
        if not noted:
            return
        # In one order, so that two processes never wait for each other.
        rows = [{"token_id": token_id, "used_at": at} for token_id, at in sorted(noted.items())]
        try:
            async with db.begin() as session:
                await (await session.connection()).execute(_WRITE, rows)
        except Unavailable as error:
            log.warning("uses of tokens not written", extra={"reason": error.message})
            self._at = noted | self._at
