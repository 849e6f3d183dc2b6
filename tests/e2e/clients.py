"""Real clients of the databases. They know nothing but the URL of an answer, and never retry."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
import pymysql
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

TIMEOUT_S = 5

Rows = list[tuple[Any, ...]]  # Any: columns


def ask(url: str, statement: str) -> Rows:
    """Log in to MySQL, MariaDB or PostgreSQL, and return what a statement gives."""
    if urlsplit(url).scheme.startswith("postgres"):
        return _ask_postgres(url, statement)
    return _ask_mysql(url, statement)


@contextmanager
def redis(url: str) -> Iterator[Redis]:
    """Log in to Redis or Valkey."""
    with Redis.from_url(
        url, decode_responses=True, retry=Retry(NoBackoff(), 0), socket_timeout=TIMEOUT_S
    ) as client:
        assert client.ping()
        yield client


def log_in(url: str) -> None:
    """Log in to whatever the URL says, once."""
    if urlsplit(url).scheme.startswith("redis"):
        with redis(url):
            return
    assert ask(url, "SELECT 1") == [(1,)]


def keep(url: str, word: str) -> None:
    """Have the server keep a word, whatever server it is."""
    if urlsplit(url).scheme.startswith("redis"):
        with redis(url) as client:
            client.set("kept", word)
        return
    ask(url, "CREATE TABLE kept (word VARCHAR(99))")
    ask(url, f"INSERT INTO kept VALUES ('{word}')")


def kept(url: str) -> str:
    """Return the word that the server keeps."""
    if urlsplit(url).scheme.startswith("redis"):
        with redis(url) as client:
            return str(client.get("kept"))
    [(word,)] = ask(url, "SELECT word FROM kept")
    return str(word)


def as_user(url: str, user: str, password: str) -> str:
    """Return the URL for somebody else."""
    place = url.rpartition("@")[2]
    return f"{urlsplit(url).scheme}://{user}:{password}@{place}"


def _ask_mysql(url: str, statement: str) -> Rows:
    parts = urlsplit(url)
    connection = pymysql.connect(
        host=parts.hostname,
        port=parts.port or 3306,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        database=unquote(parts.path.lstrip("/")) or None,
        connect_timeout=TIMEOUT_S,
        autocommit=True,
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def _ask_postgres(url: str, statement: str) -> Rows:
    with psycopg.connect(url, connect_timeout=TIMEOUT_S, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []
