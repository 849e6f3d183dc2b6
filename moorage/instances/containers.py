"""What an instance consists of on its server: found, made, started, stopped, removed.

Every call may be repeated; it finds what it did before.
"""

import asyncio

from moorage.catalog import render
from moorage.engines.port import (
    Container,
    ContainerSpec,
    Engine,
    ImageMissing,
    NetworkMissing,
    PortTaken,
)
from moorage.instances import ports, reconcile, rules
from moorage.instances import service as instances
from moorage.instances.models import Instance
from moorage.instances.recipes import recipes
from moorage.instances.reconcile import Finding
from moorage.instances.tools import Tools
from moorage.kit.clock import now
from moorage.kit.errors import Failed, Unavailable
from moorage.operations.run import Run

_PORTS_TRIED = 50
_NETWORK_TRIES = 5


async def start_new(
    tools: Tools, run: Run, instance: Instance, engine: Engine, version: str
) -> str:
    """Have the container of an order running; move on to the next port if one is taken.

    Returns its id. Raises Failed.
    """
    for _ in range(_PORTS_TRIED):
        try:
            return await _start(tools, run, instance, engine, version)
        except PortTaken:
            await remove(tools, instance, engine)
            await _take_next_port(tools, run, instance)
    raise Failed(
        f"{_PORTS_TRIED} ports in a row are taken by others; "
        f"set {ports.SETTING} to a range that is free."
    )


async def start_again(tools: Tools, run: Run, instance: Instance, engine: Engine) -> str:
    """Have the container of an instance running on its port; make it again if it is gone.

    Returns its id. Raises Failed when there is no volume, Unavailable while the port is taken.
    """
    found = await find(tools, instance, engine)
    if found and found.status in ("removing", "dead"):
        await engine.remove_container(found.id)
        found = None
    elif found and found.status == "paused":  # it cannot be started, but stopped
        await stop(tools, instance, engine)
    if found is None:
        await _check_volume(tools, instance, engine)
    [version] = instances.settled(tools, instance).versions
    try:
        return await _start(
            tools, run, instance, engine, version, found=found.id if found else None
        )
    except PortTaken as error:
        raise Unavailable(
            f"Port {ports.of(instance)} of {instance.name} is taken by another program on its "
            "server: stop that, then start the instance."
        ) from error


async def find(tools: Tools, instance: Instance, engine: Engine) -> Container | None:
    """Return the container of an instance, in whatever state."""
    return next(iter(await engine.find_containers(_labels(tools, instance))), None)


async def look(tools: Tools, instance: Instance, engine: Engine) -> Finding:
    """Return how an instance stands right now."""
    at = now()
    return reconcile.find(
        instance,
        await find(tools, instance, engine),
        volume=volume_name(tools, instance),
        has_volume=await _has_volume(tools, instance, engine),
        at=at,
    )


async def stop(tools: Tools, instance: Instance, engine: Engine) -> None:
    """Let the server of an instance end in its own time."""
    grace_s = int(tools.catalog.get(instance.blueprint).service.stop_grace_period)
    for container in await engine.find_containers(_labels(tools, instance)):
        await engine.stop_container(container.id, grace_s=grace_s)


async def remove(tools: Tools, instance: Instance, engine: Engine) -> None:
    """Remove the container of an instance."""
    for container in await engine.find_containers(_labels(tools, instance)):
        await engine.remove_container(container.id)


async def remove_volume(tools: Tools, instance: Instance, engine: Engine) -> None:
    """Remove the data of an instance, also those that were brought back without our labels."""
    found = await engine.find_volumes(_labels(tools, instance))
    for name in {volume_name(tools, instance), *(volume.name for volume in found)}:
        await engine.remove_volume(name)


async def remove_network(tools: Tools, run: Run, instance: Instance, engine: Engine) -> None:
    """Remove the owner's network with the last instance; this one must not count any more."""
    await tools.networks.remove_unused(
        engine, run.begin, server_id=instance.server_id, owner_id=instance.owner_id
    )


def volume_name(tools: Tools, instance: Instance) -> str:
    """Return the name of the volume with an instance's data."""
    return rules.volume_name(_container_name(tools, instance))


async def _start(
    tools: Tools,
    run: Run,
    instance: Instance,
    engine: Engine,
    version: str,
    *,
    found: str | None = None,
) -> str:
    """Have the container running, the one that was found or one that is made; return its id."""
    for _ in range(_NETWORK_TRIES):
        container = found or await _make(tools, run, instance, engine, version)
        try:
            await engine.start_container(container)
        except NetworkMissing:
            # Somebody took it along just now. Engines know a network by its id: the container
            # joins no other one of that name.
            await engine.remove_container(container)
            found = None
        else:
            return container
    raise Unavailable(f"The network of {instance.name} goes as soon as it is made.")


async def _make(tools: Tools, run: Run, instance: Instance, engine: Engine, version: str) -> str:
    """Have the container and the owner's network; return the container's id.

    Both at the same time: an engine looks for the network when it starts a container. Both are
    waited for even if one fails, so that nothing is still being made when undoing begins.
    """
    network, made = await asyncio.gather(
        tools.networks.ensure(
            engine, run.begin, server_id=instance.server_id, owner_id=instance.owner_id
        ),
        _create(tools, run, instance, engine, version),
        return_exceptions=True,
    )
    if isinstance(network, BaseException):
        raise network
    if isinstance(made, BaseException):
        raise made
    return made


async def _create(tools: Tools, run: Run, instance: Instance, engine: Engine, version: str) -> str:
    blueprint = tools.catalog.get(instance.blueprint)
    spec = _spec(tools, instance, blueprint.image(version))
    try:
        return await engine.create_container(spec)
    except ImageMissing:  # somebody has tidied up since it was made
        await tools.images.prepare(engine, recipes(blueprint, [version]), say=run.say)
        return await engine.create_container(spec)


async def _take_next_port(tools: Tools, run: Run, instance: Instance) -> None:
    taken = ports.of(instance)
    await run.say(f"Port {taken} belongs to somebody else; trying the next one.")
    tools.refused_ports.remember(instance.server_id, taken)
    async with run.begin() as session:
        try:
            instance.port = await ports.move(session, tools, instance)
        except Unavailable as error:  # none is left, and waiting gives none
            raise Failed(error.message) from error


async def _check_volume(tools: Tools, instance: Instance, engine: Engine) -> None:
    """Raise Failed when the data are gone: an engine would make an empty volume in their place."""
    if not await _has_volume(tools, instance, engine):
        raise Failed(reconcile.without_data(volume_name(tools, instance)))


async def _has_volume(tools: Tools, instance: Instance, engine: Engine) -> bool:
    name = volume_name(tools, instance)
    return any(volume.name == name for volume in await engine.find_volumes({}))


def _spec(tools: Tools, instance: Instance, image: str) -> ContainerSpec:
    name = _container_name(tools, instance)
    labels = _labels(tools, instance)
    return render.container(
        tools.catalog.get(instance.blueprint),
        instances.settled(tools, instance),
        name=name,
        image=image,
        labels=labels,
        network=rules.network_name(tools.installation, instance.owner_id),
        aliases=(instance.name,),
        volume=rules.volume_name(name),
        volume_labels=labels,
        address=tools.settings.publish_address,
        port=ports.of(instance),
    )


def _container_name(tools: Tools, instance: Instance) -> str:
    return rules.container_name(tools.installation, instance.blueprint, instance.number)


def _labels(tools: Tools, instance: Instance) -> dict[str, str]:
    return rules.labels(tools.installation, instance.id, instance.blueprint)
