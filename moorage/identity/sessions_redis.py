"""Sessions in Redis, shared by all that use the same one."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime
from errno import ECONNREFUSED
from typing import TypeVar

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, RedisError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeout

from moorage.identity.sessions import Session
from moorage.kit.errors import Unavailable
from moorage.kit.i18n import Text

TIMEOUT_S = 1.0

_CONNECTIONS = 16  # of one process; whoever finds none free waits for one

Answer = TypeVar("Answer")


class RedisSessions:
    """Implements identity.sessions.Sessions. installation: others may use the same Redis."""

    def __init__(self, url: str, *, installation: str) -> None:
        # One retry: a connection that was idle may be gone since.
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS,
            timeout=None,
            decode_responses=True,
            retry=Retry(NoBackoff(), 1),
        )
        self._redis = Redis.from_pool(pool)
        self._prefix = f"moorage:{installation}:ticket:"

    async def put(self, digest: str, session: Session) -> None:
        """Keep a session until it expires."""
        expires = int(session.expires_at.timestamp())
        kept = f"{session.user_id} {session.era} {expires}"
        await _answered(self._redis.set(self._prefix + digest, kept, exat=expires))

    async def get(self, digest: str) -> Session | None:
        """Return a session; None when there is none, or none any more."""
        kept = await _answered(self._redis.get(self._prefix + digest))
        if kept is None:
            return None
        user_id, era, expires = str(kept).split(" ")
        return Session(user_id, era, datetime.fromtimestamp(int(expires), UTC))

    async def end(self, digest: str) -> None:
        """Forget a session, if there is one."""
        await _answered(self._redis.delete(self._prefix + digest))

    async def problem(self) -> str | None:
        """Return why Redis does not answer, in a few words; None when it does."""
        try:
            await _answered(self._redis.ping())
        except Unavailable as error:
            return error.detail
        return None

    async def close(self) -> None:
        """Let go of all connections."""
        await self._redis.aclose(close_connection_pool=True)


async def _answered(asked: Awaitable[Answer]) -> Answer:
    try:
        async with asyncio.timeout(TIMEOUT_S):
            return await asked
    except (RedisError, OSError, TimeoutError) as error:
        raise Unavailable(
            Text("Sessions cannot be looked up at the moment; try again in a moment."),
            detail=f"redis: {_cause(error)}",
        ) from error


def _cause(error: Exception) -> str:
    if isinstance(error, TimeoutError | RedisTimeout):
        return "no answer"
    if isinstance(error, AuthenticationError):
        return "login refused"
    # A name with several addresses fails with the errors of all in one text.
    if f"[Errno {ECONNREFUSED}]" in str(error.__context__):
        return "connection refused"
    return "no connection" if isinstance(error, RedisConnectionError | OSError) else "error"
