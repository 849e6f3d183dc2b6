"""VMs of the cloud as machines."""

from collections.abc import Sequence

from moorage.inventory.machine import NOBODY, Machine, Source, SourceName, Status
from moorage.inventory.numbers import given_ids
from moorage.kit.clock import now
from moorage.kit.db import Database
from moorage.openstack.port import Cloud, Server, all_servers

_STATUS: dict[str, Status] = {"ACTIVE": "running", "SHUTOFF": "stopped"}


class CloudVms(Source):
    """The servers of the cloud's project. Whoever made one sees it; others only once assigned."""

    name: SourceName = "openstack"
    fresh_s = 5.0
    within_s = 0.8

    def __init__(self, db: Database, cloud: Cloud) -> None:
        self._db = db
        self._cloud = cloud

    async def look(self) -> Sequence[Machine]:
        """See the port."""
        servers = await all_servers(self._cloud)
        ids = await given_ids(self._db, self.name, [server.id for server in servers])
        return [self._machine(ids[server.id], server) for server in servers]

    def _machine(self, id_: int, server: Server) -> Machine:
        addresses = [one for some in server.addresses.values() for one in some]
        return Machine(
            id=id_,
            name=server.name,
            source=self.name,
            status=_STATUS.get(server.status, "unknown"),
            cpus=server.flavor.get("vcpus") or 0,
            mem=(server.flavor.get("ram") or 0) << 20,
            ip=next((one["addr"] for one in addresses if one["version"] == 4), ""),
            maxdisk=(server.flavor.get("disk") or 0) << 30,
            seen_at=now(),
            owner_id=server.owner_id or NOBODY,
            problem=server.fault,
        )
