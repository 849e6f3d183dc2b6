"""The list of machines, against a bare ASGI app under the same uvicorn that sends the same bytes.

What is compared is CPU time of the server per request; of a long file it is the time that somebody
waits who asks right after it was written.
"""

import json
import sqlite3
import time
from pathlib import Path

from bench.lists import OWNER, bare_app, cost
from bench.report import Figure
from bench.service import Service, running
from moorage.kit.crypto import digest

MACHINES = 1_000
MANY = 20_000
REQUESTS = 400  # a round
ROUNDS = 5
WANTED = 6.67  # 15 % of the peer's requests per second of CPU

PATH = "/api/info"
_AT = "2026-01-01 00:00:00.000000"


def machines() -> list[Figure]:
    """A user's 1,000 machines; 20,000 of a file that has just been written."""
    settings = {
        "MOORAGE_DOCKER_HOST": "unix:///nonexistent",  # nothing of this is on an engine
        "MOORAGE_REQUESTS_PER_MINUTE": "100000000",
        "MOORAGE_LOG_LEVEL": "info",
    }
    ours, theirs, many = [], [], []
    with running(fill=_fill, **settings) as service:
        token = {"Authorization": f"Bearer {OWNER}"}
        body = service.api.get(PATH, headers=token).content
        with bare_app(body) as bare:
            for _ in range(ROUNDS):
                theirs.append(cost(bare, OWNER, [PATH], requests=REQUESTS))
                ours.append(cost(service, OWNER, [PATH], requests=REQUESTS))
        for _ in range(ROUNDS):
            _write(service.data, MANY)
            many.append(_wait(service))
    return [
        Figure("1,000 machines", ours, "bare ASGI app", theirs, limit=WANTED, unit="µs"),
        Figure("20,000 machines, just written", many, "limit", [1.0], limit=1),
    ]


def _fill(data: Path) -> None:
    """Write a file of machines, and give somebody who is no admin a token."""
    _write(data, MACHINES)
    with sqlite3.connect(data / "moorage.db") as connection:
        connection.execute(
            "INSERT INTO users (id, username, role, disabled, created_at) "
            f"VALUES ('usr_owner', 'owner', 'user', 0, '{_AT}')"
        )
        connection.execute(
            "INSERT INTO tokens (id, user_id, name, digest, scopes, created_at) "
            f"VALUES ('tok_owner', 'usr_owner', 'bench', ?, 'read', '{_AT}')",
            [digest(OWNER)],
        )


def _write(data: Path, number: int) -> None:
    rows = [
        {
            "id": id_,
            "cpus": 32,
            "status": "running",
            "mem": 11_591_667_560,
            "GPU": "NVIDIA RTX4090",
            "ip": f"10.1.{id_ // 250}.{id_ % 250 + 1}",
            "name": f"machine{id_:05}",
            "maxdisk": 128_849_018_880,
            "room": id_ % 7,
        }
        for id_ in range(number)
    ]
    beside = data / "machines.json.new"
    beside.write_text(json.dumps({"data": rows}))
    beside.replace(data / "machines.json")


def _wait(service: Service) -> float:
    """Return how long it takes until all are told of."""
    started = time.perf_counter()
    told = service.api.get(PATH).content
    took = time.perf_counter() - started
    assert len(json.loads(told)["data"]) > MANY
    return took
