"""Who leads: one process of all holds a lease in PostgreSQL, on the database's clock."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert

from moorage.kit.db import Database
from moorage.kit.errors import Unavailable
from moorage.kit.ids import new_id
from moorage.kit.pause import pause
from moorage.operations.models import Lease

log = logging.getLogger(__name__)

LEASE_S = 6.0
_RENEW_S = 2.0
_NAME = "lead"


class Lead:
    """This process' part in who leads."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._me = new_id("proc")
        self._held = asyncio.Event()
        self._lost = asyncio.Event()

    @property
    def is_held(self) -> bool:
        """Whether this process leads."""
        return self._held.is_set()

    @asynccontextmanager
    async def held(self) -> AsyncIterator[asyncio.Event]:
        """Wait until this process leads. The event is set when it does no more."""
        await self._held.wait()
        yield self._lost

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Lead while the block lasts, from the moment nobody else does."""
        holding = asyncio.create_task(self.hold(), name="operations.lead")
        try:
            await self._held.wait()
            yield
        finally:
            holding.cancel()
            with suppress(asyncio.CancelledError):
                await holding

    async def hold(self) -> None:
        """Hold the lease whenever nobody else does; let go of it when cancelled."""
        clock = asyncio.get_running_loop().time
        until = 0.0
        try:
            while True:
                asked_at = clock()
                with suppress(Unavailable):
                    until = asked_at + LEASE_S if await self._have() else 0.0
                self._note(is_held=clock() < until)
                await pause(_RENEW_S)
                self._note(is_held=self.is_held and clock() < until)
        finally:
            self._note(is_held=False)
            with suppress(Unavailable):
                await self._let_go()

    def _note(self, *, is_held: bool) -> None:
        if is_held and not self.is_held:
            log.info("leading")
            self._lost = asyncio.Event()
            self._held.set()
        elif self.is_held and not is_held:
            log.info("leading no more")
            self._held.clear()
            self._lost.set()

    async def _have(self) -> bool:
        until = func.now() + timedelta(seconds=LEASE_S)
        query = (
            insert(Lease)
            .values(name=_NAME, holder=self._me, until=until)
            .on_conflict_do_update(
                index_elements=[Lease.name],
                set_={"holder": self._me, "until": until},
                where=(Lease.until < func.now()) | (Lease.holder == self._me),
            )
            .returning(Lease.name)
        )
        async with self._db.begin() as session:
            return await session.scalar(query) is not None

    async def _let_go(self) -> None:
        query = delete(Lease).where(Lease.name == _NAME, Lease.holder == self._me)
        async with self._db.begin() as session:
            await session.execute(query)
