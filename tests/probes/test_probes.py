"""Each probe against a server of its kind, fresh from our own image."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace

import pytest

from moorage.engines.docker import DockerEngine
from moorage.engines.port import ContainerSpec, PublishedPort
from moorage.probes.mysql import MysqlProbe
from moorage.probes.port import LoginRefused, NotReady, Probe, Target
from moorage.probes.postgres import PostgresProbe
from moorage.probes.redis import RedisProbe
from tests.make.images import prepared
from tests.make.ports import free_port

pytestmark = [pytest.mark.anyio, pytest.mark.engine]

DOCKER_HOST = os.environ.get("MOORAGE_DOCKER_HOST", "unix:///var/run/docker.sock")
READY_WITHIN_S = 120
PASSWORD = "correct-horse-battery"


@dataclass(frozen=True)
class Server:
    """A kind of server and how a client logs in to it."""

    blueprint: str
    probe: Probe
    inside_port: int
    user: str
    database: str | None = None
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


REDIS_COMMAND = ("redis-server", "--requirepass", PASSWORD, "--protected-mode", "no")
VALKEY_COMMAND = ("valkey-server", "--requirepass", PASSWORD, "--protected-mode", "no")
MYSQL_ENVIRONMENT = {"MYSQL_ROOT_PASSWORD": PASSWORD, "MYSQL_DATABASE": "haha"}
MARIADB_ENVIRONMENT = {"MARIADB_ROOT_PASSWORD": PASSWORD, "MARIADB_DATABASE": "haha"}
POSTGRES_ENVIRONMENT = {"POSTGRES_PASSWORD": PASSWORD, "POSTGRES_DB": "haha"}
SERVERS = [
    Server("redis", RedisProbe(), 6379, "default", command=REDIS_COMMAND),
    Server("valkey", RedisProbe(), 6379, "default", command=VALKEY_COMMAND),
    Server("mysql", MysqlProbe(), 3306, "root", "haha", environment=MYSQL_ENVIRONMENT),
    Server("mariadb", MysqlProbe(), 3306, "root", "haha", environment=MARIADB_ENVIRONMENT),
    Server(
        "postgres",
        PostgresProbe(),
        5432,
        "postgres",
        "haha",
        environment=POSTGRES_ENVIRONMENT,
    ),
]


@pytest.fixture(params=SERVERS, ids=lambda server: server.blueprint)
def server(request: pytest.FixtureRequest) -> Server:
    """Each kind of server in turn."""
    assert isinstance(request.param, Server)
    return request.param


@pytest.fixture
async def target(server: Server) -> AsyncIterator[Target]:
    """A server that has just been started."""
    engine = DockerEngine(DOCKER_HOST)
    image = await prepared(engine, server.blueprint)
    port = free_port()
    spec = ContainerSpec(
        name=f"test-{secrets.token_hex(4)}",
        image=image,
        labels={"moorage.test": "probes"},
        user="999:999",
        command=server.command,
        environment=server.environment,
        ports=(PublishedPort("127.0.0.1", port, server.inside_port),),
        restart=False,
    )
    container = await engine.create_container(spec)
    await engine.start_container(container)
    yield Target("127.0.0.1", port, server.user, PASSWORD, server.database)
    await engine.remove_container(container)
    await engine.close()


async def until_ready(probe: Probe, target: Target) -> None:
    """Try until a login works."""
    async with asyncio.timeout(READY_WITHIN_S):
        while True:
            try:
                return await probe.login(target)
            except NotReady:
                await asyncio.sleep(0.05)


async def test_a_login_works_when_the_server_is_ready_and_only_with_its_password(
    server: Server, target: Target
) -> None:
    await until_ready(server.probe, target)

    await server.probe.login(target)
    with pytest.raises(LoginRefused):
        await server.probe.login(replace(target, password="wrong"))
