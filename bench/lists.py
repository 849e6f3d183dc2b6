"""A list of instances, against a bare ASGI app under the same uvicorn that sends the same bytes.

What is compared is CPU time of the server per request. The same page again is answered from
memory until somebody commits (kit/rows.py); pages one after another are read from the database.
"""

import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path

import httpx

from bench.report import Figure
from bench.service import Service, cpu_s, running, until
from moorage.kit.crypto import digest
from moorage.kit.ids import new_id
from moorage.kit.paging import cursor
from tests.make.ports import free_port

INSTANCES = 100_000
LIMIT = 50
CONNECTIONS = 4
REQUESTS = 2_000  # a round
ROUNDS = 7
PAGES = 200  # one after another; more than the service keeps in memory
WANTED = 6.67  # 15 % of the peer's requests per second of CPU

PATH = f"/v1/instances?limit={LIMIT}"
OWNER, ADMIN = "moor_bench-owner", "moor_bench-admin"  # tokens of a service that lives for a minute
_AT = "2026-01-01 00:00:00.000000"


def lists() -> list[Figure]:
    """Lists of an owner and of an admin, the same page and page after page; page 1,000."""
    settings = {
        "MOORAGE_DOCKER_HOST": "unix:///nonexistent",  # nothing of this is on an engine
        "MOORAGE_REQUESTS_PER_MINUTE": "100000000",
        "MOORAGE_LOG_LEVEL": "info",
    }
    with running(fill=_fill, **settings) as service:
        url = str(service.api.base_url)
        body = httpx.get(f"{url}{PATH}", headers={"Authorization": f"Bearer {OWNER}"}).content
        ids = _ids(service)
        first, thousandth = _pages(ids, 0), _pages(ids, 1_000)
        with bare_app(body) as bare:
            ours: dict[str, list[float]] = {}
            theirs = []
            for _ in range(ROUNDS):
                theirs.append(cost(bare, OWNER, [PATH]))
                for what, token, paths in (
                    ("the same page again, its owner", OWNER, [PATH]),
                    ("the same page again, an admin", ADMIN, [PATH]),
                    ("page after page from the first", OWNER, first),
                    ("page after page from the 1,000th", OWNER, thousandth),
                ):
                    ours.setdefault(what, []).append(cost(service, token, paths))
    peer = "bare ASGI app"
    *_, early, late = ours.values()
    figures = [
        Figure(f"50 of 100,000: {what}", costs, peer, theirs, limit=WANTED, unit="µs")
        for what, costs in ours.items()
    ]
    return [*figures, Figure("page 1,000", late, "page 1", early, limit=1.1, unit="µs")]


def _fill(data: Path) -> None:
    """Give one owner all instances, and the tokens to it and to the admin."""
    with sqlite3.connect(data / "moorage.db") as connection:
        (admin,) = connection.execute("SELECT id FROM users").fetchone()
        connection.execute(
            "INSERT INTO users (id, username, role, disabled, created_at) "
            f"VALUES ('usr_owner', 'owner', 'user', 0, '{_AT}')"
        )
        connection.executemany(
            "INSERT INTO tokens (id, user_id, name, digest, scopes, created_at) "
            f"VALUES (?, ?, 'bench', ?, 'read', '{_AT}')",
            [
                ("tok_owner", "usr_owner", digest(OWNER)),
                ("tok_admin", admin, digest(ADMIN)),
            ],
        )
        connection.execute(f"INSERT INTO servers VALUES ('srv_bench', 'bench', '{_AT}')")
        connection.executemany(
            "INSERT INTO instances (id, owner_id, server_id, blueprint, version, name, status, "
            "desired, options, secrets_sealed, memory_mib, cpus, deletion_protection, labels, "
            "created_at) VALUES (?, 'usr_owner', 'srv_bench', 'redis', '7', ?, 'stopped', "
            "'stopped', '{}', ?, 256, 0.5, 0, '{\"team\": \"blue\"}', ?)",
            [
                (identifier, f"redis-{number}", "sealed" * 60, _AT)
                for number, identifier in enumerate(sorted(_new_ids()))
            ],
        )


def _new_ids() -> Iterator[str]:
    return (new_id("ins") for _ in range(INSTANCES))


def _ids(service: Service) -> list[str]:
    with sqlite3.connect(service.data / "moorage.db") as connection:
        return [row[0] for row in connection.execute("SELECT id FROM instances ORDER BY id DESC")]


def _pages(ids: Sequence[str], before: int) -> list[str]:
    """Return the paths of some pages; before: how many pages there are before them."""
    ends = range(before + 1, before + 1 + PAGES)
    return [f"{PATH}&cursor={cursor(ids[end * LIMIT - 1])}" for end in ends]


@contextmanager
def bare_app(body: bytes) -> Iterator[Service]:
    """Run an app that sends that body to everybody."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.bare", str(port)], stdin=subprocess.PIPE
    )
    assert process.stdin is not None
    process.stdin.write(body)
    process.stdin.close()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as api:
            until(lambda: _answers(api))
            yield Service(api, process.pid, 0, Path())
    finally:
        process.terminate()
        process.wait(15)


def _answers(api: httpx.Client) -> bool:
    try:
        return api.get("/").is_success
    except httpx.TransportError:
        return False


def cost(service: Service, token: str, paths: Sequence[str], *, requests: int = REQUESTS) -> float:
    """Return the CPU time of a request, in µs."""
    _load(service, token, paths, requests // 10)
    before = cpu_s(service.pid)
    _load(service, token, paths, requests)
    return (cpu_s(service.pid) - before) / requests * 1e6


def _load(service: Service, token: str, paths: Sequence[str], number: int) -> None:
    """Send requests over some connections that are kept."""
    requests = [
        f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
        for path in islice(cycle(paths), number)
    ]
    port = service.api.base_url.port or 0
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        shares = [requests[start::CONNECTIONS] for start in range(CONNECTIONS)]
        list(pool.map(lambda share: _send(port, share), shares))


def _send(port: int, requests: Sequence[bytes]) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for request in requests:
            connection.sendall(request)
            answer = b""
            while b"\r\n\r\n" not in answer:
                answer += connection.recv(1 << 16)
            head, _, body = answer.partition(b"\r\n\r\n")
            lines = head.lower().split(b"\r\n")
            assert lines[0].startswith(b"http/1.1 200"), answer
            length = next(line for line in lines if line.startswith(b"content-length:"))
            left = int(length.partition(b":")[2]) - len(body)
            while left > 0:
                left -= len(connection.recv(1 << 16))
