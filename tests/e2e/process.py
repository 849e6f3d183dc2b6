"""A process of `moor`, which can be stopped, killed and frozen."""

import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

MOOR = str(Path(sys.executable).with_name("moor"))
STOPPED_WITHIN_S = 20  # `moor serve` promises ten, on a machine that does nothing else
GIVEN_UP_AFTER_S = 60


class Process:
    """`moor` with arguments. log_file: what it says is added there."""

    def __init__(
        self, *arguments: str, environment: Mapping[str, str], folder: Path, log_file: Path
    ) -> None:
        self._log_file = log_file
        with log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [MOOR, *arguments],
                env=environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    @property
    def is_running(self) -> bool:
        """Whether it has not ended; a frozen one has not."""
        return self._process.poll() is None

    def stop(self) -> float:
        """Stop it as an operator does; return after how many seconds it was gone, with code 0."""
        asked = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(timeout=GIVEN_UP_AFTER_S)
        assert code == 0, self._log_file.read_text()
        return time.monotonic() - asked

    def kill(self) -> None:
        """End it as a power cut does."""
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        """Have it stand still, as a machine without a moment to spare does."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Have it go on."""
        self._process.send_signal(signal.SIGCONT)
