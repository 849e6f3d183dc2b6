"""What the process costs: memory, CPU at rest, start, help. The peer is the limit itself."""

import subprocess
import sys
import time

from bench.report import Figure
from bench.service import MOOR, Service, running

AT_REST_S = 20
ROUNDS = 5


def at_rest(service: Service) -> list[Figure]:
    """Memory and CPU of a service that nobody asks anything."""
    before = service.cpu_s()
    time.sleep(AT_REST_S)
    share = (service.cpu_s() - before) / AT_REST_S * 100
    return [
        Figure("memory at rest", [service.rss_mib()], "limit", [120], limit=1, unit="MiB"),
        Figure("CPU at rest", [share], "limit", [1], limit=1, unit="%"),
    ]


def starts() -> list[Figure]:
    """Time until ready, and until the help is shown."""
    ready = []
    for _ in range(ROUNDS):
        with running() as service:
            ready.append(service.started_s)
    helped = [_run([str(MOOR), "--help"]) for _ in range(ROUNDS)]
    bare = [_run([sys.executable, "-c", "pass"]) for _ in range(ROUNDS)]
    return [
        Figure("moor serve until ready", ready, "limit", [2.0], limit=1),
        Figure("moor --help", helped, "limit", [0.25], limit=1),
        Figure("moor --help", helped, "python -c pass", bare),
    ]


def _run(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started
