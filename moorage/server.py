"""uvicorn, set up our way: our logs, clean exits, no trust in forwarded addresses."""

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

_CONNECTIONS_END_WITHIN_S = 2


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, *, on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_stop = on_stop

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Have those who wait for an operation answered before their connections are cut."""
        self._on_stop()
        await super().shutdown(sockets)

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


def run(app: FastAPI, *, host: str, port: int) -> int:
    """Serve in this process until a signal; return the exit code."""
    config = _config(app, host=host, port=port)
    server = _Server(config, on_stop=lambda: app.state.tools.db.wakes.close())
    server.run()
    return 0 if server.started else 1


def run_many(app: str, workers: int, *, host: str, port: int) -> int:
    """Serve with several processes that each import the app; return the exit code."""
    config = _config(app, host=host, port=port, workers=workers)
    listening = config.bind_socket()
    Multiprocess(config, sockets=[listening]).run()
    return 0


def _config(app: FastAPI | str, *, host: str, port: int, workers: int = 1) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        workers=workers,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # web.deps decides whose X-Forwarded-For counts
        timeout_graceful_shutdown=_CONNECTIONS_END_WITHIN_S,
    )
