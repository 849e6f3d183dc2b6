"""Ports for servers that tests run."""

import secrets
import socket
from collections.abc import Sequence


def free_port(ports: Sequence[int]) -> int:
    """Return one of them on which nobody listens."""
    while True:
        with socket.socket() as probe:
            port = secrets.choice(ports)
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
