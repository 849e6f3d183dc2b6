"""Managed servers as machines, with live facts."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta

from moorage.inventory import gpu
from moorage.inventory import service as inventory
from moorage.inventory.host import Host, Measured
from moorage.inventory.machine import Machine, Source, SourceName
from moorage.inventory.models import Server
from moorage.inventory.numbers import given_ids
from moorage.kit.clock import now
from moorage.kit.db import Database
from moorage.kit.kept import Kept

_KNOWN_FOR = timedelta(seconds=30)  # whoever has not answered since may be gone
_WITHIN_S = 0.6  # for one of them, so that the others are told of in time


class ManagedServers(Source):
    """The servers of our rows. hosts: by server name; whichever has none stays unknown."""

    name: SourceName = "servers"
    fresh_s = 5.0
    within_s = 0.8  # whoever asks for machines wants to have them within a second

    def __init__(self, db: Database, hosts: Mapping[str, Host]) -> None:
        self._db = db
        self._kept = {
            name: Kept[Measured | None](host.measure, None, fresh_s=0, within_s=_WITHIN_S)
            for name, host in hosts.items()
        }

    async def look(self) -> Sequence[Machine]:
        """See the port."""
        async with self._db.read() as session:
            servers = await inventory.list_servers(session)
        ids = await given_ids(self._db, self.name, [server.id for server in servers])
        return await asyncio.gather(*(self._machine(ids[one.id], one) for one in servers))

    async def _machine(self, id_: int, server: Server) -> Machine:
        kept = self._kept.get(server.name)
        seen = await kept.get() if kept else None
        if kept is None or seen is None:
            problem = kept.problem if kept else None
            return Machine(id_, server.name, self.name, problem=problem)
        is_known = kept.problem is None and now() - seen.at < _KNOWN_FOR
        return Machine(
            id=id_,
            name=server.name,
            source=self.name,
            status="running" if is_known else "unknown",
            cpus=seen.cpus,
            mem=seen.mem,
            gpu=gpu.models(seen.gpus),
            ip=seen.ip,
            maxdisk=seen.maxdisk,
            uptime=seen.uptime,
            cpu=seen.cpu,
            mem_used=seen.mem_used,
            disk_used=seen.disk_used,
            gpus=seen.gpus,
            seen_at=seen.at,
            problem=kept.problem or seen.problem,
            is_measured=True,
        )
