"""A database that really runs, and what it says of its own settings."""

import os
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic

import anyio
import psycopg
import pymysql
import pytest
import redis

from moorage.catalog import render
from moorage.catalog.blueprint import Blueprint
from moorage.catalog.check import Settled, settle
from moorage.catalog.render import Login
from moorage.engines.docker import DockerEngine
from tests.make.images import prepared
from tests.make.ports import free_port

DOCKER_HOST = os.environ.get("MOORAGE_DOCKER_HOST", "unix:///var/run/docker.sock")
HOST = "127.0.0.1"
MEMORY_MIB = 2048  # the ends of some ranges need it

NOT_YET = (pymysql.err.OperationalError, redis.exceptions.ConnectionError, psycopg.OperationalError)


@dataclass(frozen=True)
class Setting:
    """A setting as the server tells it. unit: what its number counts, if it says so."""

    value: str
    unit: str = ""


@dataclass(frozen=True)
class Running:
    """A database that runs with an order."""

    settled: Settled
    login: Login
    port: int
    settings: Mapping[str, Setting]


@asynccontextmanager
async def running(blueprint: Blueprint, config: object) -> AsyncIterator[Running]:
    """Run a container of the order until it can be asked; remove all of it afterwards."""
    settled = settle(blueprint, config, memory_mib=MEMORY_MIB)
    engine = DockerEngine(DOCKER_HOST)
    image = await prepared(engine, blueprint.name)
    name, port = f"moorage-test-{secrets.token_hex(4)}", free_port()
    spec = render.container(
        blueprint,
        settled,
        name=name,
        image=image,
        labels={"moorage.test": name},
        network=None,
        volume=name,
        volume_labels={"moorage.test": name},
        address=HOST,
        port=port,
    )
    try:
        await engine.start_container(await engine.create_container(spec))
        login = render.login(blueprint, settled)
        settings = await _ask(engine, name, lambda: ASK[login.probe](login, port))
        yield Running(settled, login, port, settings)
    finally:
        await engine.remove_container(name)
        await engine.remove_volume(name)
        await engine.close()


async def _ask(
    engine: DockerEngine, name: str, ask: Callable[[], dict[str, Setting]]
) -> dict[str, Setting]:
    """Ask until the server answers; fail with its log when it gives up."""
    deadline = monotonic() + 120
    while True:
        try:
            return await anyio.to_thread.run_sync(ask)
        except NOT_YET:
            container = await engine.get_container(name)
            given_up = container.restarts > 0 or container.status != "running"
            if given_up or monotonic() > deadline:
                pytest.fail("\n".join(await engine.container_log(name, tail=40)))
            await anyio.sleep(0.1)


def _ask_mysql(login: Login, port: int) -> dict[str, Setting]:
    with (
        pymysql.connect(
            host=HOST,
            port=port,
            user=login.user,
            password=login.password,
            database=login.database or None,
        ) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SET sql_big_selects = 1")  # whatever --max-join-size says
        cursor.execute("SHOW GLOBAL VARIABLES")
        return {name.replace("_", "-"): Setting(value) for name, value in cursor.fetchall()}


def _ask_redis(login: Login, port: int) -> dict[str, Setting]:
    with redis.Redis(
        host=HOST, port=port, password=login.password, decode_responses=True
    ) as client:
        found = client.config_get("*")
        return {name: Setting(value) for name, value in found.items()}


def _ask_postgres(login: Login, port: int) -> dict[str, Setting]:
    with psycopg.connect(
        host=HOST,
        port=port,
        user=login.user,
        password=login.password,
        dbname=login.database,
    ) as connection:
        rows = connection.execute("SELECT name, reset_val, coalesce(unit, '') FROM pg_settings")
        return {name.lower().replace("_", "-"): Setting(value, unit) for name, value, unit in rows}


ASK: Mapping[str, Callable[[Login, int], dict[str, Setting]]] = {
    "mysql": _ask_mysql,
    "redis": _ask_redis,
    "postgres": _ask_postgres,
}
