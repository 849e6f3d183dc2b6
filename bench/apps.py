"""Installing an app, against `docker compose up --wait` of the same file."""

import json
import os
import subprocess
import time
from pathlib import Path

from bench.report import Figure
from bench.service import Service, until
from moorage.catalog import answers, running
from moorage.catalog import service as catalog
from moorage.catalog.app import App
from moorage.compose.tool import found
from tests.make.ports import free_port

APPS = ("dokuwiki", "wordpress")
ROUNDS = 5
PROJECT = f"moorage-bench-{os.getpid()}"


def installs(service: Service) -> list[Figure]:
    """Install each app with its images prepared, until its page answers.

    The peer waits for the file's own health checks, which look every half minute; beside it is
    one that looks every second.
    """
    figures = []
    for name in APPS:
        app = catalog.load().app(name)
        images = _images(service, app)
        ours, theirs, eager = [], [], []
        for _ in range(ROUNDS):
            ours.append(_install(service, name))
            _remove(service)
            eager.append(_up(app, images, interval="1s"))
        theirs.append(_up(app, images))  # once: it is the half minute that takes its time
        what = f"{name}: install until its page answers"
        peer = "docker compose up --wait"
        figures += [
            Figure(what, ours, peer, theirs, limit=1.15),
            Figure(what, ours, f"{peer}, looking every second", eager, limit=1.15),
        ]
    return figures


def _install(service: Service, name: str) -> float:
    started = time.perf_counter()
    answer = service.api.post("/v1/instances", json={"blueprint": name})
    answer.raise_for_status()
    operation = answer.json()["id"]
    _wait(service, operation)
    return time.perf_counter() - started


def _wait(service: Service, operation: str) -> None:
    until(lambda: _has_succeeded(service, operation))


def _has_succeeded(service: Service, operation: str) -> bool:
    shown = service.api.get(f"/v1/operations/{operation}").json()
    assert shown["status"] not in ("failed", "cancelled"), shown["error"]
    return bool(shown["status"] == "succeeded")


def _remove(service: Service) -> None:
    for one in service.api.get("/v1/instances").json()["items"]:
        _wait(service, service.api.delete(f"/v1/instances/{one['id']}").json()["id"])


def _images(service: Service, app: App) -> dict[str, str]:
    """Install it once to see which images this machine runs, so that the peer runs the same."""
    _install(service, app.name)
    [made] = service.api.get("/v1/instances").json()["items"]
    parts = service.api.get(f"/v1/instances/{made['id']}").json()["containers"]
    inspect = ("docker", "inspect", "--format", "{{.Config.Image}}")
    images = {
        part["service"]: subprocess.run(
            [*inspect, part["name"]], check=True, capture_output=True, text=True
        ).stdout.strip()
        for part in parts
    }
    _remove(service)
    return images


def _up(app: App, images: dict[str, str], *, interval: str = "") -> float:
    """Run the app's own file with the same images; return how long that took."""
    port = free_port()
    services: dict[str, dict[str, object]] = {
        name: {"image": image, "healthcheck": {"interval": interval} if interval else {}}
        for name, image in images.items()
    }
    assert app.main is not None
    services[running.main_service(app)]["ports"] = [f"127.0.0.1:{port}:{app.main.port}"]
    variables = {
        **answers.variables(app),
        **answers.new_secrets(app),
        "MOORAGE_URL": f"http://127.0.0.1:{port}",
    }
    started = time.perf_counter()
    _compose(app.folder / app.file, {"services": services}, variables, "up", "--wait")
    took = time.perf_counter() - started
    _compose(app.folder / app.file, {}, variables, "down", "--volumes", "--timeout", "0")
    return took


def _compose(
    file: Path, override: dict[str, object], variables: dict[str, str], *command: str
) -> None:
    subprocess.run(
        [found(), "--file", file, "--file", "-", "--project-name", PROJECT, *command],
        input=json.dumps(override or {"services": {}}),
        env=os.environ | variables,
        text=True,
        check=True,
        capture_output=True,
    )
