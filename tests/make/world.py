"""A world in memory: real rows, the shipped catalogue, a fake engine; and people who call it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import select

from moorage.app import create_app
from moorage.catalog import service as catalog
from moorage.catalog.service import Catalog
from moorage.compose.fake import FakeRunner
from moorage.config import Settings
from moorage.engines.fake import FakeEngine
from moorage.identity.models import Role, User
from moorage.identity.sessions_keyed import KeyedSessions
from moorage.images.base import base_digest, base_ref
from moorage.images.recipe import RECIPE_LABEL
from moorage.images.service import Images
from moorage.instances.networks import Networks
from moorage.instances.tools import Tools
from moorage.inventory import service as inventory
from moorage.inventory.fake import FakeHost
from moorage.inventory.machines import Machines
from moorage.inventory.models import OwnerNetwork, PortReservation
from moorage.inventory.servers import ManagedServers
from moorage.inventory.vms import CloudVms
from moorage.kit.crypto import load_sealer
from moorage.kit.db import Base, Database
from moorage.migrations import upgrade
from moorage.openstack.fake import FakeCloud
from moorage.openstack.port import Cloud
from moorage.operations import service as operations
from moorage.operations.models import Operation
from moorage.operations.queue import Queue
from moorage.probes.fake import FakeProbe, FakeVisitor
from moorage.world import make_machines_file, open_sessions
from tests.make.cloud import make_cloud
from tests.make.gate import Gate, gated
from tests.make.identity import make_token, make_user

ADDRESS = "192.0.2.7"  # RFC 5737: where everybody calls from


@dataclass(frozen=True, slots=True)
class Person:
    """A user, and a client that sends the user's token."""

    user: User
    token: str
    http: httpx.AsyncClient


@dataclass(slots=True)
class World:
    """The service with all it touches. gate: in front of every call to the engine.

    host: the machine that the server `local` is.
    """

    app: FastAPI
    settings: Settings
    tools: Tools
    engine: FakeEngine
    cloud: FakeCloud
    gate: Gate
    host: FakeHost
    _open: AsyncExitStack = field(repr=False)

    @property
    def db(self) -> Database:
        """The rows."""
        return self.tools.db

    @property
    def queue(self) -> Queue:
        """What gives out the operations."""
        queue: Queue = self.app.state.queue
        return queue

    async def http(self, *, address: str = ADDRESS, **headers: str) -> httpx.AsyncClient:
        """Return a client that calls from an address; underscores in headers are hyphens."""
        transport = httpx.ASGITransport(
            self.app, raise_app_exceptions=False, client=(address, 50_000)
        )
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        client = httpx.AsyncClient(
            transport=transport, base_url="http://moorage.test", headers=named
        )
        return await self._open.enter_async_context(client)

    async def person(
        self,
        username: str | None = None,
        *,
        role: Role = "user",
        password: str | None = None,
        scopes: tuple[str, ...] = ("read", "write"),
    ) -> Person:
        """Add a user with a token."""
        user = await make_user(self.db, username=username, role=role, password=password)
        _, token = await make_token(self.db, user=user, scopes=scopes)
        return Person(user, token, await self.http(authorization=f"Bearer {token}"))

    async def made(self) -> list[str]:
        """Return the names of all that instances hold: here and on the engine."""
        ports = await self.rows(PortReservation)
        subnets = await self.rows(OwnerNetwork)
        return [
            *self.engine.containers,
            *self.engine.volumes,
            *(network.name for network in self.engine.networks.values()),
            *(f"port {row.port}" for row in ports),
            *(f"subnet {row.subnet}" for row in subnets),
        ]

    async def settled(self) -> list[Operation]:
        """Return all operations once each has ended."""
        unsettled = await self.rows(Operation)
        return [await operations.wait(self.db, one.id, timeout_s=10) for one in unsettled]

    async def rows(self, table: type[Base]) -> list[Any]:  # Any: rows of that table
        """Return all rows of a table."""
        async with self.db.read() as session:
            return list(await session.scalars(select(table)))


@asynccontextmanager
async def open_tools(
    settings: Settings,
    engine: FakeEngine,
    gate: Gate | None = None,
    *,
    host: FakeHost | None = None,
    cloud: Cloud | None = None,
) -> AsyncIterator[Tools]:
    """Open the database of the data directory and put the tools together."""
    settings.data_dir.mkdir(exist_ok=True)
    file = settings.data_dir / "moorage.db"
    if not file.exists():
        file.write_bytes(_migrated())
    db = Database(settings.database)
    async with db.begin() as session:
        installation = await inventory.register_installation(session)
    probe = FakeProbe(engine)
    hosts = {inventory.LOCAL: host or FakeHost()}
    cloud = cloud or make_cloud()
    vms = CloudVms(db, cloud)
    vms.fresh_s = 0.0  # so that a test sees at once what it has made
    machines = Machines([make_machines_file(settings), ManagedServers(db, hosts), vms])
    async with open_sessions(settings, db, installation) as sessions:
        yield Tools(
            installation=installation,
            settings=settings,
            db=db,
            sealer=load_sealer(settings.secret_key),
            catalog=_catalog(),
            engines={inventory.LOCAL: gated(engine, gate or Gate())},
            probes=dict.fromkeys(("mysql", "postgres", "redis"), probe),
            images=Images(),
            networks=Networks(installation, settings, db),
            visitor=FakeVisitor(engine),
            composes={inventory.LOCAL: FakeRunner(gated(engine, gate or Gate()))},
            cloud=cloud,
            hosts=hosts,
            machines=machines,
            sessions=KeyedSessions(sessions, b"secret of a test"),
        )
    await machines.close()
    await db.close()


@asynccontextmanager
async def open_world(
    data_dir: Path,
    *,
    engine: FakeEngine | None = None,
    cloud: Cloud | None = None,
    **changes: Any,
) -> AsyncIterator[World]:
    """Run the service. cloud: another than the fake; changes: settings (Any: pydantic's)."""
    settings = Settings(data_dir=data_dir, **changes)
    engine = engine or make_engine()
    gate, host, fake = Gate(), FakeHost(), make_cloud()
    opened = partial(open_tools, engine=engine, gate=gate, host=host, cloud=cloud or fake)
    app = create_app(settings, world=opened)
    async with AsyncExitStack() as stack, app.router.lifespan_context(app):
        yield World(app, settings, app.state.tools, engine, fake, gate, host, stack)


def make_engine() -> FakeEngine:
    """Return an engine on which every image of the catalogue can be had.

    Its registry has the official ones of databases, and the base of what is built is there.
    """
    databases = _catalog().list("database")
    versions = (one for blueprint in databases for one in blueprint.versions.values())
    engine = FakeEngine(registry=[version.registry for version in versions if version.registry])
    for suite in ("trixie", "sid"):
        engine.add_image(base_ref(suite), {RECIPE_LABEL: base_digest(suite)})
    return engine


@cache
def _catalog() -> Catalog:
    return catalog.load()


@cache
def _migrated() -> bytes:
    """Return an empty database file as the migrations make it."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "moorage.db"
        upgrade(f"sqlite:///{file}")
        return file.read_bytes()
