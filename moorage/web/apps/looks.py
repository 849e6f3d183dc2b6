"""How apps and servers are, and what can be installed."""

import asyncio
from pathlib import Path

from moorage.identity.rules import Caller
from moorage.instances import apps as installed
from moorage.instances import inside, servers, troubles
from moorage.instances.containers import stands
from moorage.instances.models import Instance
from moorage.instances.servers import Seen
from moorage.instances.tools import Tools
from moorage.inventory import risks
from moorage.inventory import service as inventory
from moorage.inventory.host import ROOT, Measured
from moorage.kit.errors import Unavailable
from moorage.kit.i18n import Text, joined, translated
from moorage.operations import service as operations
from moorage.web.apps import answers, states
from moorage.web.apps.answers import (
    CatalogueOut,
    JsonObject,
    ServerOut,
    StateOut,
    StatesOut,
    answer,
)
from moorage.web.apps.installs import not_installed
from moorage.web.apps.schemas import CatalogueIn
from moorage.web.v1.instance_schemas import container

_MEASURED_WITHIN_S = 2.0


async def app(tools: Tools, caller: Caller, name: str) -> JsonObject:
    """Tell how an app is. Raises NotFound."""
    async with tools.db.read() as session:
        instance = await installed.find_app(session, tools, caller, name)
    if instance is None:
        raise not_installed(name)
    return answer("1", Text("This is how {app} is.", app=name), await _state(tools, instance))


async def apps(tools: Tools, caller: Caller) -> JsonObject:
    """Tell how all apps are that a caller sees."""
    async with tools.db.read() as session:
        found = await installed.list_apps(session, caller)
    told = await asyncio.gather(*(_state(tools, instance) for instance in found))
    return answer("1", Text("This is how the apps are."), StatesOut(apps=list(told)))


async def server(tools: Tools, caller: Caller, name: str | None) -> JsonObject:
    """Tell how a server is. Raises NotFound."""
    seen = await servers.get(tools, inventory.name_of(name))
    measured, running = await asyncio.gather(_measured(tools, seen), _running(tools, seen))
    async with tools.db.read() as session:
        sick = await troubles.on_server(session, seen.server.id, sees=caller.sees)
    version = seen.info.version if seen.info else ""
    left = [one.name for one in seen.leftovers] if caller.is_admin else []
    warnings = [
        *(risks.of_machine(measured) if measured else []),
        *risks.of_engine(version if seen.status == "up" else None),
        *sick,
        *risks.of_leftovers(left),
    ]
    if measured is None:
        info = [*warnings, Text("What its machine is doing cannot be seen from here.")]
    else:
        info = warnings or [Text("All is well.")]
    told = ServerOut(
        **_figures(measured),
        risk=str(len(warnings)),
        info=translated(joined(" ", info)),
        containers=running,
        os=seen.info.operating_system if seen.info else "",
    )
    return answer("1", Text("This is how the server is."), told)


def catalogue(tools: Tools, wanted: CatalogueIn) -> JsonObject:
    """List what can be installed."""
    found = [
        one
        for one in tools.catalog.list("app")
        if wanted.category in (None, one.category)
        and (wanted.search or "").lower() in f"{one.name} {one.title} {one.description}".lower()
    ]
    told = CatalogueOut(apps=[answers.listed(one) for one in found])
    return answer("1", Text("This is what can be installed."), told)


async def _state(tools: Tools, instance: Instance) -> StateOut:
    async with tools.db.read() as session:
        latest = await operations.list_own(session, owner_id=None, limit=1, subject=instance.id)
    operation = latest[0] if latest else None
    containers = await inside.parts(tools, instance)
    status, info = states.status_of(instance, operation), states.info_of(instance, operation)
    if status == "1":  # as far as the row knows
        status, info = states.seen(stands(instance, containers), info)
    return StateOut(
        appName=instance.blueprint,
        id=instance.id,
        name=instance.name,
        status=status,
        port=states.port_text(instance.port),
        db_port=states.port_text(instance.db_port),
        info=translated(info),
        version=instance.version or "",
        containers=[container(instance, one) for one in containers],
    )


async def _measured(tools: Tools, seen: Seen) -> Measured | None:
    """Return what the machine of a server is doing; None when nobody can tell."""
    host = tools.hosts.get(seen.server.name)
    if host is None:
        return None
    try:
        async with asyncio.timeout(_MEASURED_WITHIN_S):
            return await host.measure(Path(seen.info.root_dir) if seen.info else ROOT)
    except (Unavailable, TimeoutError):
        return None


async def _running(tools: Tools, seen: Seen) -> int:
    """Return how many containers run on a server, whoever made them."""
    if seen.status != "up":
        return 0
    found = await tools.engines[seen.server.name].find_containers({})
    return sum(container.status == "running" for container in found)


def _figures(seen: Measured | None) -> JsonObject:
    """Return the figures of a machine; they have the same names where nobody can tell them."""
    if seen is None:
        return {**dict.fromkeys(("cpu", "memory", "hdd"), "unknown"), "load": [], "uptime": None}
    return {
        "cpu": f"{seen.cpu:.0%}",
        "memory": f"{seen.mem_share:.0%}",
        "hdd": f"{seen.disk_share:.0%}",
        "load": [round(one, 2) for one in seen.load],
        "uptime": seen.uptime,
    }
