"""How a Docker Engine is reached at its address."""

import functools
import socket

import aiohttp

from moorage.engines.http import Connector
from moorage.kit.errors import Invalid

IDLE_S, PAUSE_S, TRIES = 20, 5, 4  # how soon, how often and how many times the kernel asks


def connector(host: str) -> tuple[Connector, str]:
    """Return what connects to `unix:///path` or `tcp://address:port`, and the URL to ask for."""
    kind, _, place = host.partition("://")
    if kind == "unix" and place.startswith("/"):
        return functools.partial(aiohttp.UnixConnector, place, limit=0), "http://docker"
    if kind == "tcp" and place:
        over_tcp = functools.partial(aiohttp.TCPConnector, limit=0, socket_factory=watched_socket)
        return over_tcp, f"http://{place}"
    raise Invalid(f"{host!r} is no Docker host: write unix:///path or tcp://address:port.")


def watched_socket(address: aiohttp.AddrInfoType) -> socket.socket:
    """Return a socket whose silent peer the kernel asks: a machine without power cuts nothing."""
    family, kind, protocol, *_ = address
    made = socket.socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, IDLE_S)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, PAUSE_S)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, TRIES)
    return made
