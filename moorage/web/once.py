"""`Idempotency-Key`: the same request with the same key makes one thing and has one answer."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Header

from moorage.idempotency import service as idempotency
from moorage.idempotency.service import Answer, Made
from moorage.instances.tools import Tools
from moorage.kit.db import Session

KeyDep = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Of your choice; a repeated request with the same key has the same answer.",
    ),
]


@dataclass(frozen=True, slots=True)
class Once:
    """One request of a caller. Without a key nothing is remembered."""

    tools: Tools
    user_id: str
    key: str | None
    fingerprint: str

    async def make(self, make: Callable[[Session], Awaitable[Answer]]) -> Answer:
        """Make something that is there at once; it, its key and its answer are one commit.

        Raises Invalid, KeyReused, Conflict (the first request is still running).
        """
        async with self.tools.db.begin() as session:
            known = await self.hold(session, busy_s=0)
            if isinstance(known, Answer):
                return known
            answer = await make(session)
            await self._answered(session, answer)
        return answer

    async def recall(self) -> Answer | Made | None:
        """Return what the key stands for, before much is done. Raises Invalid, KeyReused."""
        if self.key is None:
            return None
        async with self.tools.db.read() as session:
            return await self._recalled(session, self.key)

    async def hold(self, session: Session, *, busy_s: float) -> Answer | Made | None:
        """Take the key before anything is made, or return what another request made meanwhile.

        Raises Invalid, KeyReused, Conflict (the first request is still running).
        """
        if self.key is None:
            return None
        known = await self._recalled(session, self.key)
        if known is None:
            await idempotency.hold(
                session,
                user_id=self.user_id,
                key=self.key,
                fingerprint=self._fingerprint,
                busy_s=busy_s,
            )
        return known

    async def made(self, session: Session, subject: str) -> None:
        """Remember what is made, in the commit that makes it."""
        if self.key is not None:
            await idempotency.made(session, user_id=self.user_id, key=self.key, subject=subject)

    async def keep(self, answer: Answer) -> None:
        """Keep the answer for the next time."""
        if self.key is not None:
            async with self.tools.db.begin() as session:
                await self._answered(session, answer)

    async def forget(self) -> None:
        """Forget a request that came to nothing, so that it can be tried again."""
        if self.key is not None:
            async with self.tools.db.begin() as session:
                await idempotency.forget(session, user_id=self.user_id, key=self.key)

    async def _recalled(self, session: Session, key: str) -> Answer | Made | None:
        idempotency.check_key(key)
        return await idempotency.recall(
            session,
            self.tools.sealer,
            user_id=self.user_id,
            key=key,
            fingerprint=self._fingerprint,
        )

    @property
    def _fingerprint(self) -> str:
        """It may have a password inside, which a plain hash would give away to guessing."""
        return self.tools.sealer.mac(self.fingerprint)

    async def _answered(self, session: Session, answer: Answer) -> None:
        if self.key is not None:
            await idempotency.answered(
                session, self.tools.sealer, user_id=self.user_id, key=self.key, answer=answer
            )
