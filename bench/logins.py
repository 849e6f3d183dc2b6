"""When somebody can log in: the same clients for us and for our peers."""

from urllib.parse import unquote, urlsplit

import pymysql
import redis

from bench.service import until


def until_redis(port: int, password: str | None) -> None:
    """Return when PING is answered."""

    def pings() -> bool:
        try:
            with redis.Redis("127.0.0.1", port, password=password, socket_timeout=2) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    until(pings)


def until_mysql(port: int, password: str) -> None:
    """Return when root can log in."""

    def logs_in() -> bool:
        try:
            pymysql.connect(
                host="127.0.0.1", port=port, user="root", password=password, connect_timeout=2
            ).close()
        except (pymysql.Error, OSError):
            return False
        return True

    until(logs_in)


def until_url(url: str) -> None:
    """Return when the instance at a URL lets its owner log in."""
    parts = urlsplit(url)
    port, password = parts.port or 0, unquote(parts.password or "")
    if parts.scheme == "mysql":
        until_mysql(port, password)
    else:
        until_redis(port, password)
