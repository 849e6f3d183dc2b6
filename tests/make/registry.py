"""A registry of images on this machine: the Debian package docker-registry."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.make.ports import free_port

CONFIGURATION = """\
version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {folder}}}}}
http: {{addr: "{address}"}}
"""


@contextmanager
def open_registry(folder: Path) -> Iterator[str]:
    """Run an empty registry; yield its address."""
    program = shutil.which("docker-registry")
    assert program, "install the Debian package docker-registry"
    port = free_port()
    address = f"127.0.0.1:{port}"
    file = folder / "registry.yml"
    file.write_text(CONFIGURATION.format(folder=folder / "registry", address=address))
    with (folder / "registry.log").open("wb") as log:
        process = subprocess.Popen([program, "serve", str(file)], stdout=log, stderr=log)
    try:
        _wait_for(port)
        yield address
    finally:
        process.terminate()
        process.wait()


def publish(image: str, official: str) -> None:
    """Put an image into the registry, and take that name off the engine again."""
    for command in (["tag", image, official], ["push", "-q", official], ["rmi", official]):
        subprocess.run(["docker", *command], check=True, capture_output=True)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, "the registry does not answer"
            time.sleep(0.02)
        else:
            return
