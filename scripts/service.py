"""The service that runs in the background for `make up`: where it is, and whether it is ours."""

import time
from collections.abc import Callable
from pathlib import Path

from moorage import config

DATA_DIR = config.find_data_dir()  # who stops it need not understand the settings
LOG = DATA_DIR / "serve.log"
PID_FILE = DATA_DIR / "serve.pid"
ADMIN_FILE = DATA_DIR / "admin.json"


def running_pid() -> int | None:
    """Return the process of the service that was started here, or None."""
    try:
        pid = int(PID_FILE.read_text())
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    # The number may belong to another program by now.
    is_ours = b"serve" in arguments and any(part.endswith(b"/moor") for part in arguments)
    return pid if is_ours else None


def wait_until(condition: Callable[[], bool], *, timeout_s: float) -> bool:
    """Ask until the condition holds; False after the timeout."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
