"""A PostgreSQL server of our own, from the binaries of the Debian package, to be broken."""

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import psycopg
from psycopg import sql

from tests.make.ports import free_port

BINARIES = Path("/usr/lib/postgresql")
PORTS = range(10_000, 12_000)  # below those that the kernel hands out while we restart
TIMEOUT_S = 120  # on a machine that is busy with tests

# Time zone: any but UTC shows a time that loses its own. fsync: what we break is the server and
# never the machine, and without it a start need not visit each file of each database first.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "Asia/Kolkata",
    "shared_buffers": "16MB",
    "fsync": "off",
}


class Postgres:
    """A cluster in a folder. It keeps its port and its rows when it is started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._port = free_port(PORTS)
        self._password = secrets.token_hex(8)
        password_file = folder / "password"
        password_file.write_text(self._password)
        if user := _unprivileged_user():
            shutil.chown(folder, user, user)
            shutil.chown(password_file, user, user)
        self._run(
            "initdb", "--username=moorage", f"--pwfile={password_file}", "--no-sync",
            "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C",
        )  # fmt: skip

    def url(self, database: str) -> str:
        """Return the URL of a database, with its password."""
        return f"postgresql://moorage:{self._password}@127.0.0.1:{self._port}/{database}"

    def create_database(self) -> str:
        """Make an empty database of a new name and return its URL."""
        name = f"test_{secrets.token_hex(4)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def start(self) -> None:
        """Return once it answers."""
        options = " ".join(f"-c {name}='{value}'" for name, value in SETTINGS.items())
        self._run(
            "pg_ctl", "start", "--wait", f"--timeout={TIMEOUT_S}",
            f"--log={self._folder / 'log'}", f"--options=-p {self._port} {options}",
        )  # fmt: skip

    def stop(self, mode: Literal["smart", "fast", "immediate"] = "fast") -> None:
        """Return once it is gone. immediate: as if its machine had lost power."""
        self._run("pg_ctl", "stop", "--wait", f"--timeout={TIMEOUT_S}", f"--mode={mode}")

    def restart_immediately(self) -> None:
        """Crash, recover, and answer again."""
        self.stop("immediate")
        self.start()

    @property
    def is_running(self) -> bool:
        """Whether it was started and not stopped."""
        return (self._data / "postmaster.pid").exists()

    def _run(self, program: str, *arguments: str) -> None:
        user = _unprivileged_user()
        done = subprocess.run(
            [_binary(program), f"--pgdata={self._data}", *arguments],
            user=user, group=user, extra_groups=[] if user else None,
            cwd=self._folder, env={"LC_ALL": "C", "PATH": os.defpath},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=2 * TIMEOUT_S, check=False, text=True,
        )  # fmt: skip
        if done.returncode != 0:
            log = self._folder / "log"
            said = log.read_text() if log.exists() else ""
            raise RuntimeError(f"{program} failed: {done.stdout}\n{said}")


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Run a cluster of our own, and leave nothing of it."""
    # Not in a folder of pytest: its parents are closed to other users.
    with tempfile.TemporaryDirectory(prefix="moorage-postgres-") as folder:
        postgres = Postgres(Path(folder))
        try:
            postgres.start()
            yield postgres
        finally:
            if postgres.is_running:
                postgres.stop("immediate")


def _unprivileged_user() -> str | None:
    """Return as whom to run, None: as who we are. PostgreSQL refuses to run as root."""
    return "postgres" if os.geteuid() == 0 else None


def _binary(program: str) -> Path:
    found = sorted(BINARIES.glob(f"*/bin/{program}"), key=lambda file: int(file.parts[-3]))
    if not found:
        raise RuntimeError(f"There is no {program} in {BINARIES}: run scripts/packages.sh tests.")
    return found[-1]
