"""The disk fills up. Nothing is half done, everybody is told, and room is all that it takes."""

import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from .broken import gated_redis, open_gate
from .clients import log_in
from .conftest import NewService
from .service import Service
from .until import until

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk"),
]

DISK_MIB = 16
DONE_WITHIN_S = 60


@pytest.fixture
def small_disk() -> Iterator[Callable[[Path], None]]:
    """Return what puts a folder on a small disk of its own."""
    mounted: list[Path] = []

    def mount(folder: Path) -> None:
        options = f"size={DISK_MIB}m,mode=0700"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)
        mounted.append(folder)
        gated_redis(folder)

    yield mount
    for folder in mounted:
        subprocess.run(["umount", folder], check=True)


def test_on_a_full_disk_orders_are_refused_and_later_all_goes_on(
    small_disk: Callable[[Path], None], new_service: NewService
) -> None:
    service = new_service(small_disk)
    owner = service.user()
    waiting = owner.post({"resource_name": "redis"}, wait=0).json()["id"]
    until(service.engine.running, within_s=DONE_WITHIN_S)

    ballast = fill(service.data_dir)
    open_gate(service)
    until(lambda: "cannot write progress" in service.said, within_s=DONE_WITHIN_S)
    refused = owner.post({"resource_name": "redis"})
    not_removed = owner.http.delete(f"/resource/{waiting}")
    not_ready = ready(service)
    listed = owner.list()
    shown = owner.show(waiting)
    ballast.unlink()

    for answer in (refused, not_removed):
        assert answer.status_code == 503
        assert "disk of the database is full" in answer.json()["message"]
    assert not_ready.status_code == 503
    assert "disk" in not_ready.text
    assert [row["id"] for row in listed] == [shown["id"]]
    until(lambda: ready(service).status_code == 200, within_s=DONE_WITHIN_S)
    until(lambda: owner.show(waiting)["status"] == "running", within_s=DONE_WITHIN_S)
    log_in(owner.show(waiting)["url"])
    assert len(service.engine.all()) == 3  # container, volume, network
    owner.remove(waiting)
    assert service.rows("SELECT status FROM operations") == [("succeeded",)] * 2
    assert integrity(service) == "ok"


def fill(folder: Path) -> Path:
    """Leave no byte of the disk free; return the file that takes the room."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            with suppress(OSError):
                while True:
                    file.write(bytes(size))
    return ballast


def ready(service: Service) -> httpx.Response:
    """Ask whether it is ready."""
    return httpx.get(f"{service.url}/readyz")


def integrity(service: Service) -> str:
    """Return what SQLite says of its file."""
    file = sqlite3.connect(service.data_dir / "moorage.db")
    [(said,)] = file.execute("PRAGMA integrity_check")
    file.close()
    return str(said)
