"""How apps and servers are, and what can be installed."""

import asyncio
from pathlib import Path

from moorage.identity.rules import Caller
from moorage.instances import apps as installed
from moorage.instances import inside, servers, troubles
from moorage.instances.models import Instance
from moorage.instances.servers import Seen
from moorage.instances.tools import Tools
from moorage.inventory import facts, risks
from moorage.inventory import service as inventory
from moorage.kit.clock import now
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
    seen = await servers.get(tools, name or inventory.LOCAL)
    root = Path(seen.info.root_dir if seen.info else "/")
    measured, running = await asyncio.gather(facts.measure(root), _running(tools, seen))
    async with tools.db.read() as session:
        sick = await troubles.on_server(session, seen.server.id, sees=caller.sees)
    version = seen.info.version if seen.info and seen.status == "up" else None
    left = [one.name for one in seen.leftovers] if caller.is_admin else []
    warnings = [
        *risks.of_machine(measured, at=now()),
        *risks.of_engine(version),
        *sick,
        *risks.of_leftovers(left),
    ]
    told = ServerOut(
        cpu=f"{measured.cpu:.0f}%",
        memory=f"{measured.memory:.0f}%",
        hdd=f"{measured.disk:.0f}%",
        risk=str(len(warnings)),
        info=translated(joined(" ", warnings or [Text("All is well.")])),
        load=[round(one, 2) for one in measured.load],
        uptime=measured.uptime_s,
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
    return StateOut(
        appName=instance.blueprint,
        status=states.status_of(instance, operation),
        port=states.port_text(instance.port),
        db_port=states.port_text(instance.db_port),
        info=translated(states.info_of(instance, operation)),
        version=instance.version or "",
        containers=[container(instance, one) for one in containers],
    )


async def _running(tools: Tools, seen: Seen) -> int:
    """Return how many containers run on a server, whoever made them."""
    if seen.status != "up":
        return 0
    found = await tools.engines[seen.server.name].find_containers({})
    return sum(container.status == "running" for container in found)
