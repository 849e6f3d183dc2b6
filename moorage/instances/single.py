"""How an instance that is one container comes to run. Every call may be repeated."""

import asyncio
from functools import partial

from moorage.catalog import render
from moorage.engines.port import ContainerSpec, Engine, ImageMissing, NetworkMissing, PortTaken
from moorage.instances import containers, live, ports, rules
from moorage.instances import service as instances
from moorage.instances.models import Instance
from moorage.instances.recipes import recipes
from moorage.instances.tools import Tools
from moorage.kit.errors import Unavailable
from moorage.operations.run import Run

STEPS = ("Container", "Login")

_NETWORK_TRIES = 5


async def prepare(tools: Tools, run: Run, instance: Instance, engine: Engine) -> dict[str, object]:
    """Have the image of one of the versions that were ordered; return which."""
    wanted = recipes(tools.catalog.get(instance.blueprint), run.args["versions"])
    found = await tools.images.prepare(engine, wanted, say=run.say)
    return {"version": found.version}


async def start_new(tools: Tools, run: Run, instance: Instance, engine: Engine) -> str:
    """Have the container of an order running; move on to the next port if one is taken.

    Returns its id. Raises Failed.
    """
    start = partial(_start, tools, run, instance, engine)
    return await ports.on_free_ports(tools, run, instance, engine, start)


async def start_again(tools: Tools, run: Run, instance: Instance, engine: Engine) -> str:
    """Have the container of an instance running on its port; make it again if it is gone.

    Returns its id. Raises Failed when there is no volume, Unavailable while the port is taken.
    """
    found = next(iter(await containers.find(tools, instance, engine)), None)
    if found and found.status in ("removing", "dead"):
        await engine.remove_container(found.id)
        found = None
    elif found and found.status == "paused":  # it cannot be started, but stopped
        await containers.stop(tools, instance, engine)
    if found is None:
        await containers.check_volumes(tools, instance, engine)
    try:
        return await _start(tools, run, instance, engine, found=found.id if found else None)
    except PortTaken as error:
        raise ports.taken(instance) from error


async def until_ready(tools: Tools, instance: Instance, engine: Engine, container: str) -> None:
    """Wait until a client can log in. Raises Failed."""
    await live.until_login(tools, engine, instance, container)


async def remove_network(tools: Tools, run: Run, instance: Instance, engine: Engine) -> None:
    """Remove the owner's network with the last instance; this one must not count any more."""
    await tools.networks.remove_unused(
        engine, run.begin, server_id=instance.server_id, owner_id=instance.owner_id
    )


async def _start(
    tools: Tools, run: Run, instance: Instance, engine: Engine, *, found: str | None = None
) -> str:
    """Have the container running, the one that was found or one that is made; return its id."""
    for _ in range(_NETWORK_TRIES):
        container = found or await _make(tools, run, instance, engine)
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


async def _make(tools: Tools, run: Run, instance: Instance, engine: Engine) -> str:
    """Have the container and the owner's network; return the container's id.

    Both at the same time: an engine looks for the network when it starts a container. Both are
    waited for even if one fails, so that nothing is still being made when undoing begins.
    """
    network, made = await asyncio.gather(
        tools.networks.ensure(
            engine, run.begin, server_id=instance.server_id, owner_id=instance.owner_id
        ),
        _create(tools, run, instance, engine),
        return_exceptions=True,
    )
    if isinstance(network, BaseException):
        raise network
    if isinstance(made, BaseException):
        raise made
    return made


async def _create(tools: Tools, run: Run, instance: Instance, engine: Engine) -> str:
    blueprint = tools.catalog.get(instance.blueprint)
    [version] = instances.settled(tools, instance).versions
    spec = _spec(tools, instance, blueprint.image(version))
    try:
        return await engine.create_container(spec)
    except ImageMissing:  # somebody has tidied up since it was made
        await tools.images.prepare(engine, recipes(blueprint, [version]), say=run.say)
        return await engine.create_container(spec)


def _spec(tools: Tools, instance: Instance, image: str) -> ContainerSpec:
    name = rules.container_name(tools.installation, instance)
    labels = containers.labels(tools, instance)
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
