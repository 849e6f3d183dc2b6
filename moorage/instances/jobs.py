"""How an instance comes to run, and how it goes. Every step may be performed twice."""

import asyncio

from moorage.catalog import render
from moorage.engines.port import ContainerSpec, Engine, NetworkMissing, PortTaken
from moorage.instances import live, ports, rules, states
from moorage.instances import service as instances
from moorage.instances.models import Instance
from moorage.instances.recipes import recipes
from moorage.instances.tools import Tools
from moorage.inventory import service as inventory
from moorage.kit.errors import Unavailable
from moorage.operations import service as operations
from moorage.operations.run import Run

_PORTS_TRIED = 50


async def create(tools: Tools, run: Run) -> None:
    """Make an instance run: image, network, container, port, until a client can log in."""
    instance, engine = await _load(tools, run)

    await run.step("Image")
    wanted = recipes(tools.catalog.get(instance.blueprint), run.args["versions"])
    recipe = await tools.images.prepare(engine, wanted, say=run.say)

    await run.step("Container")
    container = await _start(tools, run, instance, engine, recipe.ref)

    await run.step("Login")
    await live.until_login(tools, engine, instance, container)

    async with tools.db.begin() as session:
        await states.set_running(
            session, instance.id, version=recipe.version, container_id=container
        )
        await run.succeed(session)


async def undo_create(tools: Tools, run: Run) -> None:
    """Take back what a failed order made; the row stays, so that its owner can read why."""
    instance, engine = await _load(tools, run)
    await _remove(tools, instance, engine, keep_data=False)
    async with tools.db.begin() as session:
        operation = await operations.get(session, run.id)
        await states.set_failed(session, instance.id, message=operation.error)
    await _remove_network(tools, instance, engine)


async def delete(tools: Tools, run: Run) -> None:
    """Remove an instance: its container, its volume unless that is to be kept, its network."""
    instance, engine = await _load(tools, run)
    await run.step("Remove")
    await _remove(tools, instance, engine, keep_data=run.args["keep_data"])
    await _remove_network(tools, instance, engine)
    async with tools.db.begin() as session:
        await states.set_deleted(session, instance.id)
        await run.succeed(session)


async def undo_delete(tools: Tools, run: Run) -> None:
    """Say that a removal failed, so that it can be asked for again."""
    async with tools.db.begin() as session:
        operation = await operations.get(session, run.id)
        await states.set_status(session, run.subject, "degraded", message=operation.error)


async def _load(tools: Tools, run: Run) -> tuple[Instance, Engine]:
    async with tools.db.read() as session:
        instance = await instances.get(session, run.subject)
        server = await inventory.get_server(session, instance.server_id)
    return instance, tools.engines[server.name]


async def _start(tools: Tools, run: Run, instance: Instance, engine: Engine, image: str) -> str:
    """Have the container running and return its id; move on to the next port if one is taken."""
    for _ in range(_PORTS_TRIED):
        container = await _make(tools, instance, engine, image)
        try:
            await engine.start_container(container)
        except NetworkMissing:  # the owner's last other instance took it along just now
            continue
        except PortTaken:
            await engine.remove_container(container)
            await _take_next_port(tools, run, instance)
        else:
            return container
    raise Unavailable(
        f"{_PORTS_TRIED} ports in a row are taken by others; "
        f"set {ports.SETTING} to a range that is free."
    )


async def _make(tools: Tools, instance: Instance, engine: Engine, image: str) -> str:
    """Have the container and the owner's network; return the container's id.

    Both at the same time: an engine looks for the network when it starts a container. Both are
    waited for even if one fails, so that nothing is still being made when undoing begins.
    """
    network, made = await asyncio.gather(
        tools.networks.ensure(engine, server_id=instance.server_id, owner_id=instance.owner_id),
        engine.create_container(_spec(tools, instance, image)),
        return_exceptions=True,
    )
    if isinstance(network, BaseException):
        raise network
    if isinstance(made, BaseException):
        raise made
    return made


def _spec(tools: Tools, instance: Instance, image: str) -> ContainerSpec:
    name = rules.container_name(tools.installation, instance.blueprint, instance.number)
    labels = rules.labels(tools.installation, instance.id, instance.blueprint)
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


async def _take_next_port(tools: Tools, run: Run, instance: Instance) -> None:
    taken = ports.of(instance)
    await run.say(f"Port {taken} belongs to somebody else; trying the next one.")
    tools.refused_ports.remember(instance.server_id, taken)
    async with tools.db.begin() as session:
        instance.port = await ports.move(session, tools, instance)


async def _remove(tools: Tools, instance: Instance, engine: Engine, *, keep_data: bool) -> None:
    labels = rules.labels(tools.installation, instance.id, instance.blueprint)
    for container in await engine.find_containers(labels):
        if keep_data:
            await engine.stop_container(container.id)
        await engine.remove_container(container.id)
    if not keep_data:
        for volume in await engine.find_volumes(labels):
            await engine.remove_volume(volume.name)


async def _remove_network(tools: Tools, instance: Instance, engine: Engine) -> None:
    """Remove the owner's network with the last instance; this one must not count any more."""
    await tools.networks.remove_unused(
        engine, server_id=instance.server_id, owner_id=instance.owner_id
    )
