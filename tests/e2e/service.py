"""A real `moor serve` in a process of its own, with a data directory of its own."""

import json
import os
import socket
import sqlite3
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests.make.ports import free_port

from .engine import Engine
from .process import MOOR, Process
from .until import until

READY_WITHIN_S = 90  # a machine may be busy with other tests
ORDER_S = 200
OF_THIS_MACHINE = {"MOORAGE_DOCKER_HOST", "MOORAGE_IMAGES", "MOORAGE_DEBIAN_MIRROR"}

Json = dict[str, Any]  # Any: JSON


class Client:
    """A user of the service with a token."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url, token
        headers = {"Authorization": f"Bearer {token}"}
        self.http = httpx.Client(base_url=url, headers=headers, timeout=ORDER_S)

    def post(self, order: Json, *, wait: float = 180) -> httpx.Response:
        """Order something."""
        return self.http.post("/resource_list", json=order, params={"wait": wait})

    def order(self, blueprint: str, config: Json | None = None, **beside: object) -> Json:
        """Order something that must succeed, and return what it is."""
        answer = self.post({"resource_name": blueprint, "config": config or {}, **beside})
        assert answer.status_code == 201, answer.text
        made: Json = answer.json()
        return made

    def list(self) -> list[Json]:
        """Return what the user has."""
        answer = self.http.get("/resource_list")
        assert answer.status_code == 200, answer.text
        found: list[Json] = answer.json()["data"]
        return found

    def show(self, number: int) -> Json:
        """Return a resource that must be there."""
        answer = self.http.get(f"/resource/{number}")
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    def remove(self, number: int) -> None:
        """Remove a resource that must be there."""
        answer = self.http.delete(f"/resource/{number}")
        assert answer.status_code == 200, answer.text
        assert answer.json() == {"id": number, "deleted": True}


class Service:
    """One installation of Moorage. settings: by environment name, without the prefix."""

    def __init__(self, data_dir: Path, settings: Mapping[str, str]) -> None:
        self.data_dir = data_dir
        self.settings = dict(settings)
        self.url = f"http://127.0.0.1:{free_port()}"
        self.process: Process | None = None
        self._workers: list[Process] = []
        self._others: list[Service] = []
        self._engine: Engine | None = None
        self._clients: list[Client] = []

    @property
    def environment(self) -> dict[str, str]:
        """What its processes get: nothing of the tester's own settings, and a home of its own."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("MOORAGE_") or name in OF_THIS_MACHINE
        }
        ours = {f"MOORAGE_{name}": value for name, value in self.settings.items()}
        return kept | {"HOME": str(self.data_dir), "MOORAGE_DATA_DIR": str(self.data_dir)} | ours

    @property
    def log_file(self) -> Path:
        """What the service said, all its lives long."""
        return self.data_dir.with_suffix(".log")

    @property
    def said(self) -> str:
        """What the log has."""
        return self.log_file.read_text()

    @property
    def ports(self) -> range:
        """The ports that it may publish on."""
        first, _, last = self.settings["DATABASE_PORTS"].partition("-")
        return range(int(first), int(last) + 1)

    @property
    def admin(self) -> Client:
        """The first user, made on the command line."""
        if not self._clients:
            made = json.loads(self.moor("admin", "create", "root").stdout)
            self._clients.append(Client(self.url, made["token"]))
        return self._clients[0]

    @property
    def engine(self) -> Engine:
        """What this installation has on the engine."""
        if self._engine is None:
            [(installation,)] = self.rows("SELECT id FROM installation")
            self._engine = Engine(f"moorage.deployment={installation}")
        return self._engine

    def container(self, made: Json) -> str:
        """Return the name of a resource's container, which stays when its id does not."""
        names = [container["Names"][0].lstrip("/") for container in self.engine.containers()]
        [name] = [name for name in names if name.endswith(f"-{made['resource']}-{made['id']}")]
        return str(name)

    def user(self) -> Client:
        """Return a new user."""
        answer = self.admin.http.post("/user", json={"username": f"user{len(self._clients)}"})
        assert answer.status_code == 201, answer.text
        return self.client(answer.json()["token"])

    def client(self, token: str) -> Client:
        """Return whoever has that token."""
        self._clients.append(Client(self.url, token))
        return self._clients[-1]

    def start(self, *arguments: str) -> None:
        """Start it, and be back when it is ready."""
        self.process = self._run("serve", "--port", self.url.rpartition(":")[2], *arguments)
        until(self._is_ready, within_s=READY_WITHIN_S)

    def worker(self) -> Process:
        """Start a process that only performs operations; it may take a moment to begin."""
        self._workers.append(self._run("worker"))
        return self._workers[-1]

    def beside(self) -> "Service":
        """Start another one of the same installation, with a URL of its own."""
        self._others.append(Service(self.data_dir, self.settings))
        self._others[-1].start()
        return self._others[-1]

    def stop(self) -> float:
        """Stop it as an operator does; return after how many seconds it was gone, with code 0."""
        assert self.process is not None
        took_s = self.process.stop()
        self.process = None
        return took_s

    def kill(self) -> None:
        """End it as a power cut does."""
        assert self.process is not None
        self.process.kill()
        self.process = None

    def moor(self, *command: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a command of `moor` beside it, which must end with the code."""
        done = subprocess.run(
            [MOOR, *command],
            env=self.environment,
            cwd=self.data_dir.parent,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def rows(self, statement: str) -> list[tuple[Any, ...]]:  # Any: columns
        """Look into its database."""
        if url := self.settings.get("DATABASE_URL"):
            with psycopg.connect(url) as connection:
                return connection.execute(statement.encode()).fetchall()
        file = sqlite3.connect(f"file:{self.data_dir / 'moorage.db'}?mode=ro", uri=True)
        try:
            return file.execute(statement).fetchall()
        finally:
            file.close()

    def orphans(self) -> list[str]:
        """Return what is on the engine although no living instance needs it."""
        living = self.rows(
            "SELECT id, owner_id FROM instances WHERE deleted_at IS NULL AND status != 'failed'"
        )
        needed = {word for row in living for word in row}
        found = [*self.engine.containers(), *self.engine.volumes(), *self.engine.networks()]
        whose = [thing["Labels"] for thing in found]
        return [
            str(labels)
            for labels in whose
            if labels.get("moorage.instance", labels.get("moorage.owner")) not in needed
        ]

    def close(self) -> None:
        """End it for good; it must go well, and leave nothing that nobody knows of."""
        processes = [*self._workers, *(one.process for one in (self, *self._others) if one.process)]
        try:
            for process in processes:
                if process.is_running:
                    process.stop()
            if self.data_dir.exists():  # it may have been purged
                assert self.orphans() == []
        finally:
            for process in processes:
                process.kill()
            self.engine.remove_all()
            self.engine.close()
            for client in [client for one in (self, *self._others) for client in one._clients]:
                client.http.close()

    def _run(self, *arguments: str) -> Process:
        return Process(
            *arguments,
            environment=self.environment,
            folder=self.data_dir.parent,
            log_file=self.log_file,
        )

    def _is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.is_running, self.said
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200
        except httpx.TransportError:
            return False


def is_free(port: int) -> bool:
    """Tell whether nobody listens on a port."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
