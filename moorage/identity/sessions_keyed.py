"""Sessions that need the installation's secret too: another secret ends them all."""

import hmac

from moorage.identity.sessions import Session, Sessions


class KeyedSessions:
    """Implements identity.sessions.Sessions on top of a store.

    Whoever can write into the store, and no more, can make no ticket that counts.
    """

    def __init__(self, store: Sessions, secret: bytes) -> None:
        self._store = store
        self._secret = secret

    async def put(self, digest: str, session: Session) -> None:
        """Keep a session until it expires."""
        await self._store.put(self._keyed(digest), session)

    async def get(self, digest: str) -> Session | None:
        """Return a session; None when there is none, or none any more."""
        return await self._store.get(self._keyed(digest))

    async def end(self, digest: str) -> None:
        """Forget a session, if there is one."""
        await self._store.end(self._keyed(digest))

    async def problem(self) -> str | None:
        """Return why the store does not answer, in a few words; None when it does."""
        return await self._store.problem()

    def _keyed(self, digest: str) -> str:
        return hmac.digest(self._secret, digest.encode(), "sha256").hex()
