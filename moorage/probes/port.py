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


@dataclass(frozen=True, slots=True)
class Page:
    """A page, and what it must be like. An attempt lasts timeout_s at most.

    scheme: `http` and `https` are asked, all else is only connected to. status: empty: any
    below 500.
    """

    address: str
    port: int
    scheme: str = "http"
    path: str = "/"
    status: tuple[int, ...] = ()
    contains: str = ""
    timeout_s: float = 5


class Probe(Protocol):
    """A client of one kind of server."""

    async def login(self, target: Target) -> None:
        """Log in and ask something trivial, once. Raises NotReady or LoginRefused."""
        ...


class Visitor(Protocol):
    """A client of whatever has pages."""

    async def visit(self, page: Page) -> None:
        """Ask for the page, once. Raises NotReady."""
        ...


def not_ready(target: Target | Page, why: str) -> NotReady:
    """Return what to tell when nobody is there, or not as it should be."""
    does = "does not answer yet" if isinstance(target, Page) else "takes no login yet"
    return NotReady(f"{target.address}:{target.port} {does}: {_plain(why)}.")


def refused(target: Target, why: str) -> LoginRefused:
    """Return what to tell when the server does not take the credentials."""
    return LoginRefused(f"{target.address}:{target.port} refuses this login: {_plain(why)}.")


@asynccontextmanager
async def attempt(target: Target | Page) -> AsyncIterator[None]:
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
