"""The ports of an instance: reserved with the order, kept until the end."""

from collections.abc import Awaitable, Callable, Iterable
from functools import partial

from sqlalchemy import update

from moorage.catalog.app import App
from moorage.engines.port import Container, Engine, PortTaken
from moorage.instances import containers, rules
from moorage.instances.models import Instance
from moorage.instances.tools import Tools
from moorage.inventory import rules as inventory_rules
from moorage.inventory import service as inventory
from moorage.kit.db import Session
from moorage.kit.errors import Failed, NotFound, Unavailable
from moorage.kit.i18n import Text
from moorage.operations.run import Run

SETTING = "MOORAGE_DATABASE_PORTS"
APP_SETTING = "MOORAGE_APP_PORTS"

_TRIES = 50


async def reserve(session: Session, tools: Tools, instance: Instance) -> None:
    """Give an instance the ports that its blueprint asks for. Raises Unavailable."""
    blueprint = tools.catalog.any(instance.blueprint, instance.edition)
    if not isinstance(blueprint, App):
        instance.port = await _reserve(session, tools, instance, SETTING)
        return
    instance.port = instance.db_port = None
    if blueprint.main:
        instance.port = await _reserve(session, tools, instance, APP_SETTING)
    if blueprint.database:
        instance.db_port = await _reserve(session, tools, instance, SETTING)


def pass_over(tools: Tools, server_id: str, found: Iterable[Container]) -> None:
    """Leave out for a while the ports of a server that containers of others hold."""
    for one in found:
        if one.labels.get(rules.DEPLOYMENT) != tools.installation:
            for port in one.ports:
                tools.refused_ports.remember(server_id, port)


async def on_free_ports(
    tools: Tools,
    run: Run,
    instance: Instance,
    engine: Engine,
    start: Callable[[], Awaitable[str]],
) -> str:
    """Return what start does; give the instance its next ports while others hold one of them.

    Raises Failed.
    """
    for _ in range(_TRIES):
        try:
            return await start()
        except PortTaken:
            await containers.remove(tools, instance, engine)
            await _take_next(tools, run, instance)
    setting = APP_SETTING if instance.kind == "app" else SETTING
    raise Failed(
        f"{_TRIES} ports in a row are taken by others; set {setting} to a range that is free."
    )


def of(instance: Instance) -> int:
    """Return the port of an instance that has one, as databases have from order to end."""
    if instance.port is None:
        raise NotFound(Text("{name} is not reachable any more.", name=instance.name))
    return instance.port


def taken(instance: Instance) -> Unavailable:
    """Return what to tell when an instance cannot have its ports back."""
    return Unavailable(
        f"{_shown(instance)} of {instance.name} is taken by another program on its server: "
        "stop that, then start the instance."
    )


async def _take_next(tools: Tools, run: Run, instance: Instance) -> None:
    """Give an instance other ports: one of those that it has is somebody else's. Raises Failed."""
    await run.say(f"{_shown(instance)} belongs to somebody else; trying the next one.")
    for port in filter(None, (instance.port, instance.db_port)):
        tools.refused_ports.remember(instance.server_id, port)
    async with run.begin() as session:
        await inventory.release_ports(session, instance_id=instance.id)
        try:
            await reserve(session, tools, instance)
        except Unavailable as error:  # none is left, and waiting gives none
            raise Failed(error.message) from error
        await session.execute(
            update(Instance)
            .where(Instance.id == instance.id)
            .values(port=instance.port, db_port=instance.db_port)
        )


def _shown(instance: Instance) -> str:
    ports = (str(port) for port in (instance.port, instance.db_port) if port is not None)
    return f"Port {' or '.join(ports)}"


async def _reserve(session: Session, tools: Tools, instance: Instance, setting: str) -> int:
    offered = {SETTING: tools.settings.database_ports, APP_SETTING: tools.settings.app_ports}
    server = await inventory.get_server(session, instance.server_id)
    engine = tools.engines[server.name]
    return await inventory.reserve_port(
        session,
        server_id=server.id,
        instance_id=instance.id,
        offered=inventory_rules.ports(offered[setting]),
        setting=setting,
        avoid=tools.refused_ports.on(server.id),
        is_free=partial(engine.is_port_free, tools.settings.publish_address),
    )
