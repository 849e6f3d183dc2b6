"""A Redis server of our own, from the binary of the Debian package, to be broken."""

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from tests.make.ports import free_port

PORTS = range(18_000, 20_000)  # below those that the kernel hands out while we restart
WITHIN_S = 30
PASSWORD = "p@ss word"  # some of it is escaped in a URL


class RedisServer:
    """A server that keeps its port, and nothing else, when it is started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port(PORTS)
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"redis://:p%40ss%20word@127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Return once it answers."""
        # Debian's redis-tools has the program by its other name; it goes by what it is called.
        binary = shutil.which("redis-server") or shutil.which("redis-check-rdb")
        assert binary, "there is no Redis server: run scripts/packages.sh tests"
        self._process = subprocess.Popen(
            [
                "redis-server", "--bind", "127.0.0.1", "--port", str(self._port), "--save", "",
                "--requirepass", PASSWORD, "--dir", str(self._folder),
            ],
            executable=binary,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        ends = time.monotonic() + WITHIN_S
        while not self._answers():
            assert self._process.poll() is None, "the Redis server ended"
            assert time.monotonic() < ends, "the Redis server does not answer"
            time.sleep(0.05)

    def stop(self) -> None:
        """Return once it is gone, with all that it had; it may have been stopped before."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Have it gone during the block."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Have it accept connections during the block, and never answer."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def content(self) -> dict[str, str]:
        """Return all keys and values."""
        with Redis.from_url(self.url, decode_responses=True) as client:
            return {str(key): str(client.get(key)) for key in client.scan_iter()}

    def _answers(self) -> bool:
        try:
            with Redis.from_url(self.url) as client:
                return bool(client.ping())
        except RedisError:
            return False


@contextmanager
def running_redis() -> Iterator[RedisServer]:
    """Run a server of our own, and leave nothing of it."""
    with tempfile.TemporaryDirectory(prefix="moorage-redis-") as folder:
        server = RedisServer(Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.stop()
