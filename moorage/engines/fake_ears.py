"""Those who listen to a fake engine."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import aclosing, asynccontextmanager
from typing import Generic, TypeVar

from moorage.kit.errors import Unavailable

About = TypeVar("About")
Said = TypeVar("Said")
END = None


class Ears(Generic[About, Said]):
    """Everybody who listens to one kind of thing; each hears only what it wants to hear about."""

    def __init__(self) -> None:
        self._open: list[_Ear[About, Said]] = []

    @asynccontextmanager
    async def listen(
        self, wants: Callable[[About], bool], first: Iterable[Said | None] = ()
    ) -> AsyncIterator[AsyncIterator[Said]]:
        """Hear what is told from now on, after something to begin with, until END."""
        ear = _Ear[About, Said](wants)
        for said in first:
            ear.told.put_nowait(said)
        self._open.append(ear)
        try:
            async with aclosing(ear.hear()) as heard:
                yield heard
        finally:
            self._open.remove(ear)

    def tell(self, about: About, said: Said | None) -> None:
        """Let all hear it who want to."""
        for ear in self._open:
            if ear.wants(about):
                ear.told.put_nowait(said)

    def cut(self) -> None:
        """Let nobody hear more, as when an engine goes."""
        for ear in self._open:
            ear.told.put_nowait(Unavailable("The engine does not answer."))


class _Ear(Generic[About, Said]):
    def __init__(self, wants: Callable[[About], bool]) -> None:
        self.wants = wants
        self.told: asyncio.Queue[Said | Unavailable | None] = asyncio.Queue()

    async def hear(self) -> AsyncGenerator[Said, None]:
        while (said := await self.told.get()) is not END:
            if isinstance(said, Unavailable):
                raise said
            yield said
