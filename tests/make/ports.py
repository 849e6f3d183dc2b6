"""Ports for servers that tests run."""

import secrets
import socket
from collections.abc import Sequence

ANY = (0,)  # the kernel chooses


def free_port(ports: Sequence[int] = ANY) -> int:
    """Return one of them on which nobody listens."""
    while True:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", secrets.choice(ports)))
            except OSError:
                continue
            return int(probe.getsockname()[1])
