"""`Idempotency-Key`: the same request with the same key makes one thing and has one answer."""

from dataclasses import dataclass

from moorage.idempotency import service as idempotency
from moorage.idempotency.service import Answer, Made
from moorage.instances.tools import Tools
from moorage.kit.db import Session


@dataclass(frozen=True, slots=True)
class Once:
    """One request of a caller. Without a key nothing is remembered."""

    tools: Tools
    user_id: str
    key: str | None
    fingerprint: str

    async def recall(self) -> Answer | Made | None:
        """Return what the key stands for. Raises Invalid, KeyReused."""
        if self.key is None:
            return None
        idempotency.check_key(self.key)
        async with self.tools.db.read() as session:
            return await idempotency.recall(
                session,
                self.tools.sealer,
                user_id=self.user_id,
                key=self.key,
                fingerprint=self.fingerprint,
            )

    async def remember(self, session: Session, *, subject: str, busy_s: float) -> None:
        """Remember what is made, in the commit that makes it."""
        if self.key is not None:
            await idempotency.remember(
                session,
                user_id=self.user_id,
                key=self.key,
                fingerprint=self.fingerprint,
                subject=subject,
                busy_s=busy_s,
            )

    async def keep(self, answer: Answer) -> None:
        """Keep the answer for the next time."""
        if self.key is not None:
            async with self.tools.db.begin() as session:
                await idempotency.answered(
                    session, self.tools.sealer, user_id=self.user_id, key=self.key, answer=answer
                )

    async def forget(self) -> None:
        """Forget a request that came to nothing, so that it can be tried again."""
        if self.key is not None:
            async with self.tools.db.begin() as session:
                await idempotency.forget(session, user_id=self.user_id, key=self.key)
