"""`make up` and `make down`: where they stop before anything is made or understood."""

import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"


class Ready(BaseHTTPRequestHandler):
    """Answers as a service does that is ready."""

    def do_GET(self) -> None:
        """Say yes."""
        self.send_response(200)
        self.end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    """Have another installation serve a port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Ready) as other:
        thread = Thread(target=other.serve_forever)
        thread.start()
        yield other.server_port
        other.shutdown()
        thread.join()


def run(script: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a script with settings, by environment name without the prefix."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MOORAGE_")}
    given = {f"MOORAGE_{name}": value for name, value in settings.items()}
    return subprocess.run(
        [sys.executable, SCRIPTS / script],
        env=kept | given,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_up_makes_nothing_beside_another_installation(tmp_path: Path, port: int) -> None:
    folder = tmp_path / "data"

    done = run("up.py", DATA_DIR=str(folder), PORT=str(port))

    sentence = f"Port {port} is served by another installation; choose MOORAGE_PORT.\n"
    assert (done.returncode, done.stderr) == (1, sentence)
    assert not folder.exists()


def test_down_needs_no_settings(tmp_path: Path) -> None:
    (tmp_path / "moorage.toml").write_text("log_level: debug\n")

    done = run("down.py", DATA_DIR=str(tmp_path))

    assert (done.returncode, done.stdout) == (0, "The service does not run.\n")
