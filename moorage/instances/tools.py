"""What this room works with; the world puts it together once, at start-up."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic

from moorage.catalog.service import Catalog
from moorage.compose.port import Runner
from moorage.config import Settings
from moorage.engines.port import Engine, EngineInfo
from moorage.identity.sessions import Sessions
from moorage.images.service import Images
from moorage.instances.networks import Networks
from moorage.inventory.host import Host
from moorage.inventory.machines import Machines
from moorage.kit.crypto import Sealer
from moorage.kit.db import Database
from moorage.openstack.port import Cloud
from moorage.probes.port import Probe, Visitor

_REFUSED_FOR_S = 600


class RefusedPorts:
    """Ports that an engine refused a moment ago, because somebody else holds them."""

    def __init__(self) -> None:
        self._until: dict[tuple[str, int], float] = {}

    def remember(self, server_id: str, port: int) -> None:
        """Leave the port out for ten minutes."""
        self._until[server_id, port] = monotonic() + _REFUSED_FOR_S

    def on(self, server_id: str) -> set[int]:
        """Return the ports to leave out on a server."""
        moment = monotonic()
        self._until = {key: until for key, until in self._until.items() if until > moment}
        return {port for server, port in self._until if server == server_id}


@dataclass(frozen=True, slots=True)
class Tools:
    """installation: the id on our labels. probes: by protocol. visitor: who asks for pages.

    engines, composes, hosts: by server name; a machine that we cannot look at has no host.
    cloud: where VMs run.
    sizes: what a server has, by its name, as its engine said when it was last asked.
    """

    installation: str
    settings: Settings
    db: Database
    sealer: Sealer
    catalog: Catalog
    engines: Mapping[str, Engine]
    probes: Mapping[str, Probe]
    images: Images
    networks: Networks
    visitor: Visitor
    composes: Mapping[str, Runner]
    hosts: Mapping[str, Host]
    machines: Machines
    sessions: Sessions
    cloud: Cloud
    refused_ports: RefusedPorts = field(default_factory=RefusedPorts)
    sizes: dict[str, EngineInfo] = field(default_factory=dict)
