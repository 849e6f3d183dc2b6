"""Private networks: one per owner and server for all its databases, and one for each app."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from sqlalchemy import exists, select

from moorage.config import Settings
from moorage.engines.port import Engine, SubnetTaken
from moorage.instances import rules
from moorage.instances.models import Instance
from moorage.inventory import service as inventory
from moorage.kit.db import Database, Session
from moorage.kit.errors import Failed, Unavailable

Begin = Callable[[], AbstractAsyncContextManager[Session]]  # a transaction of whoever needs it


@dataclass(frozen=True)
class Networks:
    """The networks. The lock keeps one owner's first order and last removal apart."""

    installation: str
    settings: Settings
    db: Database
    _locks: defaultdict[str, asyncio.Lock] = field(
        default_factory=lambda: defaultdict(asyncio.Lock)
    )

    async def ensure(self, engine: Engine, begin: Begin, *, server_id: str, owner_id: str) -> str:
        """Have the owner's network and return its name."""
        name = rules.network_name(self.installation, owner_id)
        labels = rules.owner_labels(self.installation, owner_id)
        return await self._ensure(engine, begin, server_id, owner_id, name, labels)

    async def ensure_own(self, engine: Engine, begin: Begin, instance: Instance) -> str:
        """Have the network that an instance has to itself, and return its name."""
        name = rules.container_name(self.installation, instance)
        labels = rules.labels(self.installation, instance.id, instance.blueprint)
        return await self._ensure(engine, begin, instance.server_id, instance.id, name, labels)

    async def remove_own(self, engine: Engine, begin: Begin, instance: Instance) -> None:
        """Remove the network that an instance has to itself."""
        name = rules.container_name(self.installation, instance)
        async with self._locks[name]:
            await self._remove(engine, begin, instance.server_id, instance.id, name)

    async def _ensure(
        self,
        engine: Engine,
        begin: Begin,
        server_id: str,
        owner_id: str,
        name: str,
        labels: Mapping[str, str],
    ) -> str:
        refused: list[str] = []
        async with self._locks[name]:
            if await engine.find_networks(labels):
                return name
            while True:
                subnet = await self._reserve(begin, server_id, owner_id, avoid=refused)
                try:
                    await engine.ensure_network(name, labels=labels, subnet=subnet)
                except SubnetTaken:
                    refused.append(subnet)
                else:
                    return name

    async def remove_unused(
        self, engine: Engine, begin: Begin, *, server_id: str, owner_id: str
    ) -> None:
        """Remove the owner's network when no instance of the owner needs it any more."""
        name = rules.network_name(self.installation, owner_id)
        async with self._locks[name]:
            async with self.db.read() as session:
                needed = await session.scalar(
                    select(
                        exists().where(
                            Instance.owner_id == owner_id,
                            Instance.server_id == server_id,
                            Instance.kind == "database",
                            Instance.deleted_at.is_(None),
                            Instance.status.not_in(("failed", "deleting")),
                        )
                    )
                )
            if not needed:
                await self._remove(engine, begin, server_id, owner_id, name)

    async def _remove(
        self, engine: Engine, begin: Begin, server_id: str, owner_id: str, name: str
    ) -> None:
        if await engine.remove_network(name):
            async with begin() as session:
                await inventory.release_subnet(session, server_id=server_id, owner_id=owner_id)

    async def _reserve(
        self, begin: Begin, server_id: str, owner_id: str, *, avoid: Sequence[str]
    ) -> str:
        async with begin() as session:
            try:
                return await inventory.reserve_subnet(
                    session,
                    server_id=server_id,
                    owner_id=owner_id,
                    pool=self.settings.network_pool,
                    prefix=self.settings.network_prefix,
                    avoid=avoid,
                )
            except Unavailable as error:  # none is left, and waiting gives none
                raise Failed(error.message) from error
