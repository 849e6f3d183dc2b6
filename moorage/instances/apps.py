"""Apps by their names, and whether a server has room for one."""

import math

from sqlalchemy import ColumnElement, select

from moorage.catalog import running
from moorage.catalog.app import App
from moorage.engines.port import EngineInfo
from moorage.identity.rules import Caller
from moorage.instances import beforehand, names, ports, rules, states
from moorage.instances.models import STANDS, Instance
from moorage.instances.service import Order
from moorage.instances.tools import Tools
from moorage.inventory import service as inventory
from moorage.kit.db import Session
from moorage.kit.errors import Conflict, NotFound
from moorage.kit.i18n import Text

_MEMORY_RESERVE = 1.2  # times what an app needs
_DISK_RESERVE_MIB = 2048  # more than it needs


async def find_app(
    session: Session, tools: Tools, caller: Caller, app_name: str, server: str | None = None
) -> Instance | None:
    """Return the app of that name that the caller sees, or else its last order that failed.

    Raises Invalid (no such server).
    """
    conditions = [Instance.blueprint == app_name]
    if server is not None:
        chosen = await inventory.choose_server(session, server)
        conditions.append(Instance.server_id == chosen.id)
    found = await _apps(session, caller, *conditions)
    main = f"{tools.settings.app_prefix}-{app_name}"
    return min(found, key=lambda one: (one.status == "failed", one.project != main), default=None)


async def list_apps(session: Session, caller: Caller) -> list[Instance]:
    """Return the apps that the caller sees: those that stand, and orders that failed last."""
    found = await _apps(session, caller)
    standing = [one for one in found if one.status != "failed"]
    kinds = {one.blueprint for one in standing}
    failed: dict[str, Instance] = {}
    for one in found:
        if one.blueprint not in kinds:
            failed.setdefault(one.blueprint, one)
    return sorted([*standing, *failed.values()], key=lambda one: (one.blueprint, one.number))


async def forget_failed(session: Session, caller: Caller, instance: Instance) -> None:
    """Have other orders of an app be gone that failed; their operations still tell of them."""
    is_other = (Instance.blueprint == instance.blueprint) & (Instance.id != instance.id)
    for one in await _apps(session, caller, is_other, Instance.status == "failed"):
        await states.set_deleted(session, one.id, data_kept=False)


async def check_room(tools: Tools, order: Order, *, sees: str | None) -> None:
    """Raise unless a server can take an app: it answers, has room, and no container of that name.

    sees: whose apps the caller sees; None: all. Raises Conflict, Unavailable. What is wrong with
    the order itself, the order says.
    """
    try:
        app = tools.catalog.app(order.blueprint)
        name = inventory.name_of(order.server)
        engine = tools.engines[name]
    except (NotFound, KeyError):
        return
    info = tools.sizes[name] = await engine.info()
    wanted = running.container_names(app, f"{tools.settings.app_prefix}-{app.name}")
    containers = await engine.find_containers({})
    taken = [one for one in containers if one.name in wanted]
    async with tools.db.read() as session:
        server = await inventory.choose_server(session, name)
        rows = await session.scalars(select(Instance).where(Instance.kind == "app", *STANDS))
        ours = {instance.id: instance for instance in rows}
    for one in taken:
        instance = ours.get(one.labels.get(rules.INSTANCE, ""))
        if instance is None:
            raise rules.name_taken(one.name)
        if order.only_one:
            raise Conflict(names.app_is_there(instance, sees=sees))
    _check_size(app, info, order.memory_mib or app.needs.memory_mib)
    await beforehand.check(tools, engine, tools.composes[name], app, order)
    ports.pass_over(tools, server.id, containers)


def _check_size(app: App, info: EngineInfo, memory_mib: int) -> None:
    """Raise Conflict when there is not enough memory, or not enough room on the disk."""
    memory, disk = math.ceil(memory_mib * _MEMORY_RESERVE), app.needs.disk_mib + _DISK_RESERVE_MIB
    free_memory = info.memory_mib if info.memory_free_mib is None else info.memory_free_mib
    if free_memory < memory:
        raise Conflict(
            Text(
                "{app} needs {wanted} MiB of memory, and the server has {free} MiB left: "
                "stop something there, or choose another server.",
                app=app.title,
                wanted=memory,
                free=free_memory,
            )
        )
    if info.disk_free_mib is not None and info.disk_free_mib < disk:
        raise Conflict(
            Text(
                "{app} needs {wanted} MiB on the disk, and the server has {free} MiB left: "
                "make room there, or choose another server.",
                app=app.title,
                wanted=disk,
                free=info.disk_free_mib,
            )
        )


async def _apps(
    session: Session, caller: Caller, *conditions: ColumnElement[bool]
) -> list[Instance]:
    """Return apps that are not gone, the newest first."""
    own = [] if caller.is_admin else [Instance.owner_id == caller.user_id]
    rows = await session.scalars(
        select(Instance)
        .where(Instance.kind == "app", Instance.deleted_at.is_(None), *own, *conditions)
        .order_by(Instance.number.desc())
    )
    return list(rows)
