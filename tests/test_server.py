"""Where `moor serve` listens."""

import socket

import pytest

from moorage import server
from moorage.kit.errors import Conflict, Invalid


def test_a_port_that_somebody_has_is_refused_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        with pytest.raises(Conflict, match=f"Port {port} is taken; choose another with --port"):
            server.listen("127.0.0.1", port)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(Invalid, match=r"at 192\.0\.2\.1, port 0"):
        server.listen("192.0.2.1", 0)
