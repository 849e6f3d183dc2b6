"""What an instance consists of on its server: found by its labels, looked at, stopped, removed.

Every call may be repeated; it finds what it did before.
"""

import asyncio
from collections.abc import Iterable, Sequence

from moorage.catalog.running import SERVICE
from moorage.engines.port import Container, Engine
from moorage.instances import reconcile, rules
from moorage.instances.models import Instance
from moorage.instances.reconcile import Finding
from moorage.instances.tools import Tools
from moorage.kit.clock import now
from moorage.kit.errors import Failed


async def find(tools: Tools, instance: Instance, engine: Engine) -> Sequence[Container]:
    """Return the containers of an instance, in whatever state."""
    return await engine.find_containers(labels(tools, instance))


async def look(tools: Tools, instance: Instance, engine: Engine) -> Finding:
    """Return how an instance stands right now."""
    found = await find(tools, instance, engine)
    return stands(instance, found, gone=await _gone(tools, instance, engine))


def stands(instance: Instance, found: Iterable[Container], *, gone: Sequence[str] = ()) -> Finding:
    """Return how an instance stands with these containers, and without these volumes."""
    seen, lasting = reconcile.by_service(found), rules.lasting(instance)
    return reconcile.find(instance, seen, lasting=lasting, gone=gone, at=now())


async def check_volumes(tools: Tools, instance: Instance, engine: Engine) -> None:
    """Raise Failed when data are gone: an engine would make an empty volume in their place."""
    if gone := await _gone(tools, instance, engine):
        raise Failed(reconcile.without_data(gone[0]))


async def stop(tools: Tools, instance: Instance, engine: Engine) -> None:
    """Let the programs of an instance end in their own time, first those that need others."""
    found = await find(tools, instance, engine)
    order = [*(instance.parts["images"] if instance.parts else ())]
    ranks = {service: rank for rank, service in enumerate(order)}
    for one in sorted(found, key=lambda one: -ranks.get(one.labels.get(SERVICE, ""), 0)):
        await engine.stop_container(one.id)


async def remove(tools: Tools, instance: Instance, engine: Engine) -> None:
    """Remove the containers of an instance."""
    found = await find(tools, instance, engine)
    await asyncio.gather(*(engine.remove_container(one.id) for one in found))


async def remove_volumes(tools: Tools, instance: Instance, engine: Engine) -> None:
    """Remove the data of an instance, also those that were brought back without our labels."""
    for name in await volumes(tools, instance, engine):
        await engine.remove_volume(name)


async def volumes(tools: Tools, instance: Instance, engine: Engine) -> set[str]:
    """Return the names of the volumes with the data of an instance, whoever made them."""
    found = await engine.find_volumes(labels(tools, instance))
    return {*rules.volumes(tools.installation, instance), *(one.name for one in found)}


def labels(tools: Tools, instance: Instance) -> dict[str, str]:
    """Return the labels of all that an instance consists of."""
    return rules.labels(tools.installation, instance.id, instance.blueprint)


async def _gone(tools: Tools, instance: Instance, engine: Engine) -> list[str]:
    there = {volume.name for volume in await engine.find_volumes({})}
    return [name for name in rules.volumes(tools.installation, instance) if name not in there]
