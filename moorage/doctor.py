"""What `moor doctor` looks at. It changes nothing."""

import platform
import shutil
import sqlite3
from typing import NamedTuple

from sqlalchemy import text

from moorage import __version__, configured
from moorage.config import Settings
from moorage.engines.local import bind_error
from moorage.engines.port import Engine
from moorage.instances.recipes import recipes
from moorage.inventory import risks, rules
from moorage.kit.clock import now
from moorage.kit.db import Database
from moorage.kit.errors import MoorageError, Unavailable
from moorage.world import (
    find_compose,
    load_catalog,
    make_images,
    make_machines_file,
    open_cloud,
    open_engine,
    open_sessions,
)

_FREE_WANTED_GIB = 5


class Finding(NamedTuple):
    """What a look at one thing said; when it is not good, the sentence says what to do."""

    what: str
    is_good: bool
    sentence: str


async def examine(settings: Settings) -> list[Finding]:
    """Look at everything, and return what was found."""
    async with open_engine(settings) as engine:
        return [
            _versions(),
            _clock(),
            *_settings(settings),
            await _engine(engine),
            await _database(settings),
            await _sessions(settings),
            _disk(settings),
            await _machines(settings),
            *await _cloud(settings),
            _ports(settings, "MOORAGE_DATABASE_PORTS", settings.database_ports),
            _ports(settings, "MOORAGE_APP_PORTS", settings.app_ports),
            _compose(settings),
            *await _images(settings, engine),
        ]


def _versions() -> Finding:
    return Finding(
        "versions",
        True,
        f"Moorage {__version__}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}",
    )


def _clock() -> Finding:
    if now() < risks.RELEASED:
        return Finding("clock", False, f"it says {now():%Y-%m-%d}, which is past; set the time")
    return Finding("clock", True, f"{now():%Y-%m-%d %H:%M:%S} UTC")


def _settings(settings: Settings) -> list[Finding]:
    return [
        Finding(
            "settings", False, f"{name} is set, but there is no such setting; see `moor config`"
        )
        for name in configured.unknown(settings)
    ]


async def _engine(engine: Engine) -> Finding:
    try:
        info = await engine.info()
    except Unavailable as error:
        return Finding("engine", False, error.message)
    sentence = f"Docker {info.version}, {info.cpus} CPUs, {info.memory_mib} MiB"
    problems = risks.of_engine(info.version)
    return Finding("engine", not problems, "; ".join([sentence, *problems]))


async def _database(settings: Settings) -> Finding:
    if not settings.database_url and not (settings.data_dir / "moorage.db").exists():
        return Finding("database", True, f"`moor serve` will make it in {settings.data_dir}")
    db = Database(settings.database)
    try:
        async with db.read() as session:
            await session.execute(text("SELECT 1"))
    except Unavailable as error:
        reason = (error.detail or "").partition("\n")[0]
        return Finding("database", False, f"{error.message} ({reason})")
    finally:
        await db.close()
    return Finding("database", True, db.shown_url)


async def _sessions(settings: Settings) -> Finding:
    db = Database(settings.database)  # nothing is connected
    async with open_sessions(settings, db, installation="") as sessions:
        problem = await sessions.problem()
    await db.close()
    if problem:
        return Finding("sessions", False, f"{problem}; look at MOORAGE_REDIS_URL")
    return Finding("sessions", True, "in Redis" if settings.redis_url else "in the database")


def _disk(settings: Settings) -> Finding:
    folder = next(part for part in (settings.data_dir, *settings.data_dir.parents) if part.exists())
    free_gib = shutil.disk_usage(folder).free / (1 << 30)
    sentence = f"{free_gib:.0f} GiB free at {folder}"
    if free_gib < _FREE_WANTED_GIB:
        return Finding("disk", False, f"{sentence}; make room, {_FREE_WANTED_GIB} GiB are little")
    return Finding("disk", True, sentence)


async def _machines(settings: Settings) -> Finding:
    try:
        found = await make_machines_file(settings).look()
    except MoorageError as error:
        return Finding("machines", False, error.message)
    if not settings.machines_file.exists():
        return Finding("machines", True, f"no file {settings.machines_file}; there need be none")
    return Finding("machines", True, f"{len(found)} in {settings.machines_file}")


async def _cloud(settings: Settings) -> list[Finding]:
    # USERNAME and PASSWORD alone may be anybody's.
    where = settings.openstack_cloud or settings.openstack_auth_url
    if not (where or settings.openstack_project_id):
        return []
    try:
        async with open_cloud(settings) as cloud:
            await cloud.limits()
    except MoorageError as error:
        reason = error.message.rstrip(".")
        return [Finding("cloud", False, f"{reason}; look at MOORAGE_OPENSTACK_… in `moor config`")]
    return [Finding("cloud", True, f"logged in at {where}")]


def _ports(settings: Settings, setting: str, offered: str) -> Finding:
    free = sum(not bind_error(settings.publish_address, port) for port in rules.ports(offered))
    sentence = f"{free} of {offered} free on {settings.publish_address}"
    if free == 0:
        sentence += f"; set {setting} or MOORAGE_PUBLISH_ADDRESS"
    return Finding("ports", free > 0, sentence)


def _compose(settings: Settings) -> Finding:
    try:
        program = find_compose(settings)
    except Unavailable as error:
        return Finding("compose", False, error.message)
    return Finding("compose", True, str(program))


async def _images(settings: Settings, engine: Engine) -> list[Finding]:
    findings = []
    images = make_images(settings)
    for blueprint in load_catalog(settings).list("database"):
        try:
            found = await images.find(engine, recipes(blueprint))
        except Unavailable:
            return []  # the engine's own finding says it
        sentence = found.ref if found else f"missing; run `moor images prepare {blueprint.name}`"
        findings.append(Finding(f"image {blueprint.name}", found is not None, sentence))
    return findings
