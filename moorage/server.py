"""uvicorn, set up our way: our logs, clean exits, no trust in forwarded addresses."""

import errno
import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from moorage.heads import BoundedHeads
from moorage.kit.errors import Conflict, Invalid

_BACKLOG = 2048  # uvicorn's own
_CONNECTIONS_END_WITHIN_S = 2
_IDLE_FOR_S = 75  # longer than proxies keep a connection: nobody meets one that closes


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGTERM and SIGINT.

        uvicorn's own raises the signal again after the shutdown, and a clean stop would look
        like a death: https://github.com/encode/uvicorn/pull/1600
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        signals = (signal.SIGTERM, signal.SIGINT)
        before = {number: signal.signal(number, self.handle_exit) for number in signals}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class _Config(uvicorn.Config):
    def load(self) -> None:
        """Load the app; where several serve, each ends with the one that started it."""
        if parent := multiprocessing.parent_process():

            def end_with_it() -> None:
                parent.join()
                os.kill(os.getpid(), signal.SIGTERM)

            threading.Thread(target=end_with_it, daemon=True).start()
        super().load()


def listen(host: str, port: int) -> socket.socket:
    """Take the port; who connects waits until an app is run there. Raises Conflict, Invalid."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Conflict(
                f"Port {port} is taken; choose another with --port, or MOORAGE_PORT."
            ) from error
        raise Invalid(f"Nobody can listen at {host}, port {port}: {error.strerror}.") from error
    listening.set_inheritable(True)
    return listening


def run(app: FastAPI, listening: socket.socket) -> int:
    """Serve in this process until a signal; return the exit code."""
    server = _Server(_config(app))
    server.run([listening])
    return 0 if server.started else 1


def run_many(app: str, workers: int, listening: socket.socket) -> int:
    """Serve with several processes that each import the app; return the exit code."""
    Multiprocess(_config(app, workers=workers), sockets=[listening]).run()
    return 0


def _config(app: FastAPI | str, *, workers: int = 1) -> uvicorn.Config:
    return _Config(
        app,
        workers=workers,
        backlog=_BACKLOG,
        log_config=None,
        access_log=False,
        server_header=False,
        http=BoundedHeads,
        timeout_keep_alive=_IDLE_FOR_S,
        ws="none",
        proxy_headers=False,  # web.deps decides whose X-Forwarded-For counts
        timeout_graceful_shutdown=_CONNECTIONS_END_WITHIN_S,
    )
