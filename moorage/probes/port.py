"""What it means that a server is ready: a client can log in. Adapters: one per kind, fake."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from moorage.kit.errors import Unavailable


class NotReady(Unavailable):
    """No login works now; one may, later."""


class LoginRefused(NotReady):
    """The server answers, but not to these credentials."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to log in, and as whom. An attempt lasts timeout_s at most."""

    address: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str | None = None
    timeout_s: float = 2


class Probe(Protocol):
    """A client of one kind of server."""

    async def login(self, target: Target) -> None:
        """Log in and ask something trivial, once. Raises NotReady or LoginRefused."""
        ...


def not_ready(target: Target, why: str) -> NotReady:
    """Return what to tell when there is nobody to log in to."""
    return NotReady(f"{target.address}:{target.port} takes no login yet: {_plain(why)}.")


def refused(target: Target, why: str) -> LoginRefused:
    """Return what to tell when the server does not take the credentials."""
    return LoginRefused(f"{target.address}:{target.port} refuses this login: {_plain(why)}.")


@asynccontextmanager
async def attempt(target: Target) -> AsyncIterator[None]:
    """Bound an attempt in time and translate what the network says."""
    try:
        async with asyncio.timeout(target.timeout_s):
            yield
    except TimeoutError as error:
        raise not_ready(target, f"no answer within {target.timeout_s:g} s") from error
    except (OSError, EOFError) as error:
        raise not_ready(target, _reason(error)) from error


def _plain(why: str) -> str:
    return why.strip().rstrip(".") or "no reason given"


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return "the connection was cut"
