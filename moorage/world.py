"""The outside, made real: database, engines, cloud, probes, images. Nothing else builds one."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from moorage import configured
from moorage.catalog import service as catalog
from moorage.catalog.service import Catalog
from moorage.compose import tool
from moorage.compose.port import Runner
from moorage.compose.runner import ComposeRunner
from moorage.config import Settings
from moorage.engines.docker import DockerEngine
from moorage.engines.port import Engine
from moorage.identity.sessions import Sessions
from moorage.identity.sessions_keyed import KeyedSessions
from moorage.identity.sessions_rows import RowSessions
from moorage.images.service import Images
from moorage.instances.networks import Networks
from moorage.instances.tools import Tools
from moorage.inventory import service as inventory
from moorage.inventory.files import MachinesFile
from moorage.inventory.host import Host, ThisHost
from moorage.inventory.machine import Source
from moorage.inventory.machines import Machines
from moorage.inventory.servers import ManagedServers
from moorage.inventory.vms import CloudVms
from moorage.kit.crypto import load_sealer
from moorage.kit.db import Database
from moorage.kit.errors import Invalid, Unavailable
from moorage.kit.turn import my_turn
from moorage.migrations import upgrade
from moorage.openstack.access import Access
from moorage.openstack.port import Cloud
from moorage.openstack.sdk import SdkCloud
from moorage.operations.embedded import EmbeddedQueue
from moorage.operations.queue import Queue
from moorage.probes.mysql import MysqlProbe
from moorage.probes.postgres import PostgresProbe
from moorage.probes.redis import RedisProbe
from moorage.probes.web import WebVisitor

log = logging.getLogger(__name__)


@asynccontextmanager
async def open_world(settings: Settings) -> AsyncIterator[Tools]:
    """Open everything, and close it at the end."""
    for name in configured.unknown(settings):
        log.warning("%s is set, but there is no such setting", name)
    async with AsyncExitStack() as stack:
        db = await stack.enter_async_context(open_database(settings))
        engine = await stack.enter_async_context(open_engine(settings))
        cloud = await stack.enter_async_context(open_cloud(settings))
        async with db.begin() as session:
            installation = await inventory.register_installation(session)
        sealer = load_sealer(settings.secret_key)
        hosts = make_hosts(settings)
        sessions = await stack.enter_async_context(open_sessions(settings, db, installation))
        yield Tools(
            installation=installation,
            settings=settings,
            db=db,
            sealer=sealer,
            catalog=load_catalog(settings),
            engines={inventory.LOCAL: engine},
            probes={"mysql": MysqlProbe(), "postgres": PostgresProbe(), "redis": RedisProbe()},
            images=make_images(settings),
            networks=Networks(installation, settings, db),
            visitor=WebVisitor(),
            composes={inventory.LOCAL: make_compose(settings)},
            hosts=hosts,
            machines=await stack.enter_async_context(open_machines(settings, db, cloud, hosts)),
            sessions=KeyedSessions(sessions, session_secret(settings)),
            cloud=cloud,
        )


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """Open the database and bring its schema up to date."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise Invalid(
            f"The data directory {settings.data_dir} cannot be made: {error.strerror}. "
            "Set MOORAGE_DATA_DIR, or give --data-dir."
        ) from error
    db = Database(settings.database)
    try:
        db.make_private()
        async with my_turn(settings.data_dir / "migrations.lock"):
            await asyncio.to_thread(upgrade, db.url)
        yield db
    finally:
        await db.close()


@asynccontextmanager
async def open_engine(settings: Settings) -> AsyncIterator[Engine]:
    """Open the engine of this machine; nothing is connected before the first call."""
    engine = DockerEngine(settings.docker_host)
    try:
        yield engine
    finally:
        await engine.close()


@asynccontextmanager
async def open_sessions(
    settings: Settings, db: Database, installation: str
) -> AsyncIterator[Sessions]:
    """Open where sessions are kept; nothing is connected before the first call."""
    if not settings.redis_url:
        yield RowSessions(db)
        return
    from moorage.identity.sessions_redis import RedisSessions  # most have no Redis to wait for

    sessions = RedisSessions(settings.redis_url, installation=installation)
    try:
        yield sessions
    finally:
        await sessions.close()


def session_secret(settings: Settings) -> bytes:
    """Return the secret of sessions: the one that is set, or the key file of the installation."""
    given = settings.app_secret_key.get_secret_value()
    return given.encode() or settings.secret_key.read_bytes()


@asynccontextmanager
async def open_machines(
    settings: Settings, db: Database, cloud: Cloud, hosts: Mapping[str, Host]
) -> AsyncIterator[Machines]:
    """Open where machines are known; nobody looks before the first question."""
    sources: list[Source] = [make_machines_file(settings), ManagedServers(db, hosts)]
    if not Access.of(settings).missing:
        sources.append(CloudVms(db, cloud))
    machines = Machines(sources)
    try:
        yield machines
    finally:
        await machines.close()


def make_hosts(settings: Settings) -> Mapping[str, Host]:
    """Return the machines that can be looked at; what an engine elsewhere runs on cannot."""
    return {inventory.LOCAL: ThisHost()} if settings.docker_host.startswith("unix:") else {}


def make_machines_file(settings: Settings) -> MachinesFile:
    """Return the source that is a file; the one that nobody named may be missing."""
    return MachinesFile(settings.machines_file, is_optional=settings.machines is None)


@asynccontextmanager
async def open_cloud(settings: Settings) -> AsyncIterator[Cloud]:
    """Open the cloud of the settings; nothing is connected before the first call."""
    cloud = SdkCloud(Access.of(settings), timeout_s=settings.openstack_timeout_s)
    try:
        yield cloud
    finally:
        await cloud.close()


def turn_file(settings: Settings) -> Path:
    """Return what the process holds that performs, when the database is SQLite."""
    return settings.data_dir / "operations.lock"


def make_queue(settings: Settings, db: Database) -> Queue:
    """Return the queue of operations that suits the database."""
    if db.is_sqlite:
        return EmbeddedQueue(
            db,
            turn_file=turn_file(settings),
            at_once=settings.operations_at_once,
            per_server=settings.operations_per_server,
            stop_grace_s=settings.stop_grace_s,
        )
    from moorage.operations.postgres import PostgresQueue  # half a second that SQLite need not wait

    return PostgresQueue(
        db,
        at_once=settings.operations_at_once,
        per_server=settings.operations_per_server,
        stop_grace_s=settings.stop_grace_s,
    )


def load_catalog(settings: Settings) -> Catalog:
    """Read the blueprints that we ship, and those of the data directory."""
    return catalog.load([catalog.BUILT_IN, settings.data_dir / "catalog"])


def make_compose(settings: Settings) -> Runner:
    """Return what runs Compose files on the engine of this machine."""
    return ComposeRunner(settings.compose, host=settings.docker_host)


def find_compose(settings: Settings) -> Path:
    """Return the Docker Compose program. Raises Unavailable."""
    if settings.compose is None:
        return tool.found()
    if not settings.compose.is_file():
        raise Unavailable(f"{settings.compose} is not there: look at MOORAGE_COMPOSE.")
    return settings.compose


def make_images(settings: Settings) -> Images:
    """Return what fetches or builds images under these settings."""
    return Images(mode=settings.images, mirror=settings.debian_mirror or None)
