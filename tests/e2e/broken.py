"""Blueprints that a test puts into a data directory in place of ours, on the same image."""

import shutil
from pathlib import Path

import yaml

from moorage.catalog.service import BUILT_IN

from .service import Service

FAILING = "echo no luck here >&2; exit 3"
GATE = "/tmp/go"


def failing_redis(data_dir: Path) -> None:
    """Have orders of redis fail: its server ends at once."""
    _redis(data_dir, ["sh", "-c", FAILING, "redis"])


def gated_redis(data_dir: Path) -> None:
    """Have orders of redis wait in the middle, until `open_gate`."""
    [entrypoint] = [_service(BUILT_IN / "database/redis/compose.yaml")["entrypoint"]]
    waiting = f"until [ -e {GATE} ]; do sleep 0.05; done"
    shell, option, script, name = entrypoint
    _redis(data_dir, [shell, option, f"{waiting}\n{script}", name])


def _service(file: Path) -> dict[str, list[str]]:
    service: dict[str, list[str]] = yaml.safe_load(file.read_text())["services"]["redis"]
    return service


def _redis(data_dir: Path, entrypoint: list[str]) -> None:
    folder = data_dir / "catalog/database/redis"
    shutil.copytree(BUILT_IN / "database/redis", folder)
    file = folder / "compose.yaml"
    compose = yaml.safe_load(file.read_text())
    compose["services"]["redis"]["entrypoint"] = entrypoint
    file.write_text(yaml.safe_dump(compose))


def open_gate(service: Service) -> None:
    """Let every order of a gated redis go on."""
    for container in service.engine.containers():
        assert service.engine.run(container["Id"], "touch", GATE) == 0
