"""A way to the engine that can be shut, or blocked without a word."""

import signal
import subprocess
import sys
from pathlib import Path

from .engine import DOCKER_HOST
from .until import until

OPEN_WITHIN_S = 30


class Door:
    """What a service knows as its engine. socket: where it is to be."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._process: subprocess.Popen[bytes] | None = None
        self.host = f"unix://{socket}"

    def open(self) -> None:
        """Let everything through, from now on or again."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            return
        engine = DOCKER_HOST.removeprefix("unix://")
        argv = [sys.executable, "-m", "tests.e2e.proxy", str(self._socket), engine]
        self._socket.unlink(missing_ok=True)
        self._process = subprocess.Popen(argv, cwd=Path(__file__).parents[2])
        until(self._socket.exists, within_s=OPEN_WITHIN_S)

    def shut(self) -> None:
        """Cut all connections and refuse new ones."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def block(self) -> None:
        """Let nothing through, and refuse nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
