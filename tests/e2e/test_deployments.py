"""Every way to serve, several processes each, with sessions that all of them share."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.make.ports import free_port
from tests.make.redis import RedisServer

from .until import until

pytestmark = pytest.mark.redis

PROGRAMS = Path(sys.executable).parent
READY_WITHIN_S = 90
STOPPED_WITHIN_S = 60
PASSWORD = "correct horse"
CREDENTIALS = {"username": "root", "password": PASSWORD}
COMMANDS = {
    "moor": ("moor", "serve", "--workers", "2", "--port", "{port}"),
    "uvicorn": (
        "uvicorn", "moorage.app:app", "--workers", "2", "--no-proxy-headers", "--port", "{port}",
    ),
    "gunicorn": (
        "gunicorn", "-w", "2", "-k", "uvicorn.workers.UvicornWorker",
        "--bind", "127.0.0.1:{port}", "--forwarded-allow-ips=", "--access-logfile", "-",
        "moorage.app:app",
    ),
}  # fmt: skip


class Deployment:
    """An installation that is served by several commands at once."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self._folder = folder
        self._log = folder / "log"
        self._processes: list[subprocess.Popen[bytes]] = []
        ours = {f"MOORAGE_{name}": value for name, value in settings.items()}
        self._environment = {
            "PATH": os.defpath,
            "HOME": str(folder),
            "MOORAGE_DATA_DIR": str(folder / "data"),
            "MOORAGE_DOCKER_HOST": f"unix://{folder}/no.sock",
            **ours,
        }

    def add_admin(self) -> None:
        """Add somebody who may log in."""
        added = self._run("moor", "admin", "create", "root", "--password", PASSWORD)
        assert added.wait(READY_WITHIN_S) == 0, self.log()

    def serve(self, *command: str) -> httpx.Client:
        """Serve by a command too, and return a client once it is ready.

        It takes a connection for each request: any of the workers answers.
        """
        port = free_port()
        process = self._run(*[part.format(port=port) for part in command])
        self._processes.append(process)
        client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}",
            timeout=30,
            limits=httpx.Limits(max_keepalive_connections=0),
        )
        until(lambda: self._is_ready(process, client), within_s=READY_WITHIN_S)
        return client

    def stop(self) -> list[int]:
        """Stop all as an operator does; return how each ended, and leave nobody behind."""
        workers = [
            child
            for process in self._processes
            for child in psutil.Process(process.pid).children(recursive=True)
        ]
        for process in self._processes:
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(STOPPED_WITHIN_S) for process in self._processes]
        _, left = psutil.wait_procs(workers, timeout=STOPPED_WITHIN_S)
        assert left == [], self.log()
        self._processes.clear()
        return codes

    def log(self) -> str:
        """Return what all have written."""
        return self._log.read_text()

    def kill(self) -> None:
        """End what a failed test has left."""
        for process in self._processes:
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
            process.kill()
            process.wait()

    def _run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [PROGRAMS / program, *arguments],
                env=self._environment,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _is_ready(self, process: subprocess.Popen[bytes], client: httpx.Client) -> bool:
        assert process.poll() is None, self.log()
        try:
            return client.get("/api/status").status_code == 200
        except httpx.TransportError:
            return False


@pytest.fixture(params=["redis", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def deployment(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Deployment]:
    """An installation with each store of sessions in turn."""
    settings = {}
    if request.param == "redis":
        server: RedisServer = request.getfixturevalue("redis_server")
        settings["REDIS_URL"] = server.url
    if request.param == "postgres":
        settings["DATABASE_URL"] = request.getfixturevalue("postgres").create_database()
    deployment = Deployment(tmp_path, **settings)
    deployment.add_admin()
    yield deployment
    deployment.kill()


def test_a_session_is_one_for_all_processes_whatever_serves(deployment: Deployment) -> None:
    first, second, third = [deployment.serve(*command) for command in COMMANDS.values()]

    left = log_in(first)
    assert [status(one, left) for one in (first, second, third) for _ in range(4)] == [200] * 12
    assert third.delete("/api/ticket", headers={"X-Auth-Token": left}).status_code == 200
    assert [status(one, left) for one in (first, second, third) for _ in range(4)] == [401] * 12

    kept = [log_in(one) for one in (first, second, third)]
    changed = second.patch(
        "/v1/users/me",
        json={"current_password": PASSWORD, "password": "battery staple"},
        headers={"X-Auth-Token": kept[0]},
    )
    assert changed.status_code == 200
    assert [status(one, ticket) for one in (first, second, third) for ticket in kept] == [401] * 9

    for client in (first, second, third):
        assert client.get("/api/info", params={"ticket": kept[0]}).status_code == 401
        client.close()
    assert deployment.stop() == [0, 0, 0]
    assert "Logging error" not in deployment.log()
    assert kept[0] not in deployment.log()


def log_in(client: httpx.Client) -> str:
    """Return a ticket."""
    answer = client.post("/api/ticket", json=CREDENTIALS)
    assert answer.status_code == 200, answer.text
    client.cookies.clear()
    return str(answer.json()["data"]["ticket"])


def status(client: httpx.Client, ticket: str) -> int:
    """Return what a ticket is answered."""
    return client.get("/v1/users/me", headers={"X-Auth-Token": ticket}).status_code
