"""A cloud in memory, for tests and demos: held to the same contract as the real one.

What a real cloud does by and by happens here each time somebody looks at a server.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from moorage.kit.errors import Conflict, Invalid, NotFound
from moorage.kit.i18n import Text
from moorage.openstack.port import (
    LONGEST_PAGE,
    Action,
    Flavor,
    Image,
    Kind,
    Network,
    OverQuota,
    Server,
    ServerSpec,
    Unreachable,
    unknown_marker,
)

NO_HOST = "m1.nohost"  # the flavor for which there is no room on any host

_CREATED = "2030-01-31T12:00:00Z"
_CHANGES: Mapping[Action, tuple[tuple[str, ...], str]] = {  # from which statuses, to which
    "start": (("SHUTOFF",), "ACTIVE"),
    "stop": (("ACTIVE",), "SHUTOFF"),
    "reboot": (("ACTIVE",), "ACTIVE"),
}


@dataclass(slots=True)
class FakeCloud:
    """quotas: how much of `instances`, `cores` and `ram` there may be. down: it does not answer.

    servers: by id, the oldest first. fault: with which every new one ends in ERROR. seen: the
    calls, in order.
    """

    images: list[Image] = field(default_factory=list)
    flavors: list[Flavor] = field(default_factory=list)
    networks: list[Network] = field(default_factory=list)
    servers: dict[str, Server] = field(default_factory=dict)
    quotas: dict[str, int] = field(default_factory=dict)
    down: bool = False
    fault: str | None = None
    seen: list[str] = field(default_factory=list)
    settles_s: float = 0
    _next: dict[str, str] = field(default_factory=dict)  # server → the status it will have
    _made: list[str] = field(default_factory=list)  # ids of all servers that ever were

    async def check(self) -> None:
        """Do nothing: it needs no settings."""

    async def page(
        self, kind: type[Kind], *, limit: int = LONGEST_PAGE, marker: str | None = None
    ) -> list[Kind]:
        """Return some of a kind, the newest first."""
        size = "" if limit == LONGEST_PAGE else f" of {limit}"
        self._answer(f"page{size} {kind.__name__}")
        some = self._all(kind)
        if marker is not None:
            ids = self._ids(kind)
            if marker not in ids:
                raise unknown_marker(marker)
            later = ids[ids.index(marker) + 1 :]
            some = [one for one in some if one.id in later]
        return some[:limit]

    async def matching(self, kind: type[Kind], name_or_id: str) -> list[Kind]:
        """Return what has the id, or just that name."""
        self._answer(f"matching {kind.__name__}")
        some = self._all(kind)
        return [one for one in some if one.id == name_or_id] or [
            one for one in some if one.name == name_or_id
        ]

    async def get(self, server_id: str) -> Server:
        """Return a server, a bit later than before."""
        self._answer("get")
        self._go_on(server_id)
        return self._server(server_id)

    async def create(self, spec: ServerSpec) -> str:
        """Begin a server, unless those that have a host use up the quota."""
        self._answer("create")
        known = {one.id for some in (self.images, self.flavors, self.networks) for one in some}
        for wanted in (spec.image, spec.flavor, spec.network):
            if wanted not in known:
                raise Invalid(f"{wanted} could not be found.")
        self._check_quota(self._flavor(spec.flavor))
        return self.add(spec.name, spec=spec, status="BUILD", task="scheduling").id

    async def delete(self, server_id: str) -> None:
        """Begin a removal: it is gone after the next look."""
        self._answer("delete")
        server = self._server(server_id)
        self.servers[server_id] = replace(server, task="deleting")

    async def act(self, server_id: str, action: Action) -> None:
        """Begin an action: it is done at the next look."""
        self._answer(action)
        server = self._server(server_id)
        fitting, status = _CHANGES[action]
        if server.status not in fitting or server.task is not None:
            raise Conflict(
                f"Cannot '{action}' instance {server_id} while it is in vm_state "
                f"{server.status.lower()}"
            )
        self._next[server_id] = status
        self.servers[server_id] = replace(server, task=f"{action}ing")

    async def limits(self) -> Mapping[str, int]:
        """Return the quotas and what is used."""
        self._answer("limits")
        used = self._used()
        return {
            "maxTotalInstances": self.quotas.get("instances", -1),
            "maxTotalCores": self.quotas.get("cores", -1),
            "maxTotalRAMSize": self.quotas.get("ram", -1),
            "totalInstancesUsed": used["instances"],
            "totalCoresUsed": used["cores"],
            "totalRAMUsed": used["ram"],
        }

    async def close(self) -> None:
        """Do nothing."""

    def add(
        self,
        name: str,
        *,
        spec: ServerSpec | None = None,
        status: str = "ACTIVE",
        task: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Server:
        """Have one more server."""
        flavor = self._flavor(spec.flavor) if spec else self.flavors[0]
        server = Server(
            id=str(UUID(int=len(self._made) + 1)),
            name=name,
            status=status,
            created=_CREATED,
            image={"id": spec.image if spec else self.images[0].id},
            flavor={key: getattr(flavor, key) for key in ("name", "vcpus", "ram", "disk")},
            task=task,
            metadata=dict(spec.metadata if spec else metadata or {}),
        )
        self.servers[server.id] = server
        self._made.append(server.id)
        return server

    def _answer(self, call: str) -> None:
        self.seen.append(call)
        if self.down:
            raise Unreachable(Text("The cloud does not answer; try again in a moment."))

    def _all(self, kind: type[Kind]) -> list[Kind]:
        everything: dict[type, list[Any]] = {  # Any: of each type its own
            Image: self.images,
            Flavor: self.flavors,
            Network: self.networks,
            Server: [*reversed(self.servers.values())],
        }
        return everything[kind]

    def _ids(self, kind: type) -> list[str]:
        """Return those of all that a page can follow, in the order of pages."""
        if kind is Server:
            return [*reversed(self._made)]
        return [one.id for one in self._all(kind)]

    def _server(self, server_id: str) -> Server:
        if server_id not in self.servers:
            raise NotFound(f"Instance {server_id} could not be found.")
        return self.servers[server_id]

    def _flavor(self, flavor_id: str) -> Flavor:
        return next(one for one in self.flavors if one.id == flavor_id)

    def _go_on(self, server_id: str) -> None:
        """Do the next thing with a server, as the cloud would meanwhile."""
        server = self._server(server_id)
        if server.task == "deleting":
            del self.servers[server_id]
        elif server.task == "scheduling":
            self.servers[server_id] = self._placed(server)
        elif server.status == "BUILD":
            network = self.networks[0].name
            address = {"addr": "198.51.100.7", "version": 4}
            self.servers[server_id] = replace(
                server, status="ACTIVE", task=None, addresses={network: [address]}
            )
        elif server.task is not None:
            self.servers[server_id] = replace(server, status=self._next[server_id], task=None)

    def _placed(self, server: Server) -> Server:
        """Return the server on a host, or in ERROR: only now is it counted, and so checked."""
        placed = replace(server, task="spawning")
        self.servers[server.id] = placed
        no_host = "No valid host was found. There are not enough hosts available."
        fault = no_host if server.flavor["name"] == NO_HOST else self.fault
        if fault is not None:
            return replace(placed, status="ERROR", task=None, fault=fault)
        try:
            self._check_quota()
        except OverQuota as error:
            return replace(placed, status="ERROR", task=None, fault=error.message)
        return placed

    def _check_quota(self, flavor: Flavor | None = None) -> None:
        """Raise OverQuota unless what is there, and one more of the flavor, may be."""
        more = {
            "instances": 1 if flavor else 0,
            "cores": flavor.vcpus if flavor else 0,
            "ram": flavor.ram if flavor else 0,
        }
        used = self._used()
        for resource, quota in self.quotas.items():
            if used[resource] + more[resource] > quota:
                raise OverQuota(
                    f"Quota exceeded for {resource}: Requested {more[resource]}, "
                    f"but already used {used[resource]} of {quota} {resource}"
                )

    def _used(self) -> dict[str, int]:
        placed = [server for server in self.servers.values() if server.is_placed]
        return {
            "instances": len(placed),
            "cores": sum(server.flavor["vcpus"] for server in placed),
            "ram": sum(server.flavor["ram"] for server in placed),
        }
