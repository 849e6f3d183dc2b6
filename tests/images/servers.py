"""Database servers in containers, run as Moorage runs them, and real clients of them."""

import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import anyio
import psycopg
import pymysql

from moorage.engines.port import ContainerSpec, Engine, PublishedPort, VolumeMount
from tests.e2e import clients
from tests.make.containers import exit_code
from tests.make.ports import free_port

LABEL = "moorage.test"
READY_TIMEOUT_S = 45


@dataclass(frozen=True)
class Kind:
    """What differs between the servers."""

    name: str
    scheme: str
    port: int
    data: str
    root: str
    password: str
    database: str
    user: str = ""
    user_password: str = ""


MYSQL = Kind(
    *("mysql", "mysql", 3306, "/var/lib/mysql", "root", "MYSQL_ROOT_PASSWORD", "MYSQL_DATABASE"),
    *("MYSQL_USER", "MYSQL_PASSWORD"),
)
MARIADB = Kind(
    *("mariadb", "mysql", 3306, "/var/lib/mysql", "root"),
    *("MARIADB_ROOT_PASSWORD", "MARIADB_DATABASE", "MARIADB_USER", "MARIADB_PASSWORD"),
)
POSTGRES = Kind(
    *("postgres", "postgresql", 5432, "/var/lib/postgresql/data", "postgres"),
    *("POSTGRES_PASSWORD", "POSTGRES_DB"),
)


@dataclass(frozen=True)
class Server:
    """A server that was started."""

    kind: Kind
    container: str
    port: int

    def ask(self, statement: str, *, user: str, password: str, database: str = "") -> clients.Rows:
        """Log in and return what a statement gives."""
        place = f"127.0.0.1:{self.port}/{quote(database, safe='')}"
        who = f"{quote(user, safe='')}:{quote(password, safe='')}"
        return clients.ask(f"{self.kind.scheme}://{who}@{place}", statement)

    async def answer(self, statement: str, **login: Any) -> clients.Rows:  # Any: as for ask
        """Return what a statement gives as soon as the server lets this login in."""
        with anyio.fail_after(READY_TIMEOUT_S):
            while True:
                with suppress(pymysql.Error, psycopg.Error, OSError):
                    return self.ask(statement, **login)
                await anyio.sleep(0.05)


class Servers:
    """The servers of one test."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.labels = {LABEL: f"test-{secrets.token_hex(4)}"}

    async def start(
        self,
        kind: Kind,
        image: str,
        *,
        environment: Mapping[str, str],
        command: Sequence[str] = (),
        entrypoint: tuple[str, ...] | None = None,
    ) -> Server:
        """Start a server on the data that the test's servers before it left."""
        port = free_port()
        spec = ContainerSpec(
            name=f"{self.labels[LABEL]}-{secrets.token_hex(4)}",
            image=image,
            labels=self.labels,
            entrypoint=entrypoint,
            command=tuple(command),
            environment=environment,
            mounts=(VolumeMount(self.labels[LABEL], kind.data, self.labels),),
            ports=(PublishedPort("127.0.0.1", port, kind.port),),
            user="999:999",
            restart=False,
        )
        container = await self.engine.create_container(spec)
        await self.engine.start_container(container)
        return Server(kind, container, port)

    async def kill(self, server: Server) -> None:
        """Kill it at once; its data stay."""
        await self.engine.remove_container(server.container)

    async def run(self, kind: Kind, image: str, script: str) -> int | None:
        """Run a shell script beside the data; return its exit status."""
        shell = ("sh", "-c", script)
        server = await self.start(kind, image, environment={}, entrypoint=shell)
        return await exit_code(self.engine, server.container, within_s=READY_TIMEOUT_S)

    async def remove_all(self) -> None:
        """Remove the servers and their data."""
        for container in await self.engine.find_containers(self.labels):
            await self.engine.remove_container(container.id)
        for volume in await self.engine.find_volumes(self.labels):
            await self.engine.remove_volume(volume.name)
