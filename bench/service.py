"""A service of our own for the benchmarks, and what is measured of its process."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.make.ports import free_port

MOOR = Path(sys.executable).with_name("moor")
_READY_S = 30


@dataclass(frozen=True)
class Service:
    """A running service. started_s: from its start until it was ready."""

    api: httpx.Client
    pid: int
    started_s: float
    data: Path

    def rss_mib(self) -> float:
        """Return its resident memory."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def cpu_s(self) -> float:
        """Return the CPU time it has used."""
        return cpu_s(self.pid)


def cpu_s(pid: int) -> float:
    """Return the CPU time that a process has used, to the nanosecond (clock_getcpuclockid(3))."""
    return time.clock_gettime(~pid << 3 | 2)


@contextmanager
def running(fill: Callable[[Path], None] | None = None, **settings: str) -> Iterator[Service]:
    """Run a service in a directory of its own; remove all that it made.

    fill: puts rows into the data directory before the start. settings: by their variables.
    """
    folder = Path(tempfile.mkdtemp(prefix="moorage-bench-"))
    data = folder / "data"
    environment = os.environ | {
        "MOORAGE_DATA_DIR": str(data),
        "MOORAGE_DATABASE_PORTS": "24000-24499",
        "MOORAGE_NETWORK_POOL": "10.208.0.0/20",
        "MOORAGE_LOG_LEVEL": "warning",
        **settings,
    }
    made = subprocess.run(
        [MOOR, "admin", "create", "bench"],
        env=environment,
        check=True,
        capture_output=True,
    )
    if fill is not None:
        fill(data)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    started = time.perf_counter()
    with (folder / "log").open("w") as log:
        command = [str(MOOR), "serve", "--port", str(port)]
        process = subprocess.Popen(command, env=environment, stderr=log)
    try:
        until(lambda: _is_ready(url))
        started_s = time.perf_counter() - started
        headers = {"Authorization": f"Bearer {json.loads(made.stdout)['token']}"}
        with httpx.Client(base_url=url, headers=headers, timeout=120) as api:
            yield Service(api, process.pid, started_s, data)
    finally:
        process.terminate()
        process.wait(15)
        subprocess.run([MOOR, "purge", "--yes"], env=environment, stdout=subprocess.DEVNULL)
        shutil.rmtree(folder)


def until(is_done: Callable[[], bool], *, every_s: float = 0.004) -> None:
    """Look until it is done. Raises TimeoutError after half a minute."""
    deadline = time.monotonic() + _READY_S
    while not is_done():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(every_s)


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").status_code == 200
    except httpx.TransportError:
        return False
