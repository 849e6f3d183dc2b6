"""How an instance comes to run, stops, is mended, and goes. Every step may be performed twice."""

from dataclasses import replace

from moorage.engines.port import Engine
from moorage.instances import containers, states
from moorage.instances import service as instances
from moorage.instances.forms import FORMS
from moorage.instances.models import Instance
from moorage.instances.tools import Tools
from moorage.inventory import service as inventory
from moorage.kit.clock import now
from moorage.kit.db import wake
from moorage.operations import service as operations
from moorage.operations.run import Run


async def create(tools: Tools, run: Run) -> None:
    """Make an instance run: images, network, containers, ports, until people can use it."""
    instance, engine = await _load(tools, run)
    form = FORMS[instance.kind]
    starting, ready = form.STEPS
    made = await run.step("Image", lambda: form.prepare(tools, run, instance, engine))
    for column, value in made.items():
        setattr(instance, column, value)
    container = await run.step(starting, lambda: form.start_new(tools, run, instance, engine))
    await run.step(ready, lambda: form.until_ready(tools, instance, engine, container))
    async with run.end() as session:
        await states.set_running(session, instance.id, container_id=container, **made)


async def undo_create(tools: Tools, run: Run) -> None:
    """Take back what a failed order made; the row stays, so that its owner can read why."""
    instance, engine = await _load(tools, run)
    await containers.remove(tools, instance, engine)
    await containers.remove_volumes(tools, instance, engine)
    async with run.begin() as session:
        operation = await operations.get(session, run.id)
        await states.set_failed(session, instance.id, message=operation.error)
    await FORMS[instance.kind].remove_network(tools, run, instance, engine)


async def start(tools: Tools, run: Run) -> None:
    """Have an instance run again, until people can use it."""
    instance, engine = await _load(tools, run)
    form = FORMS[instance.kind]
    starting, ready = form.STEPS
    container = await run.step(starting, lambda: form.start_again(tools, run, instance, engine))
    await run.step(ready, lambda: form.until_ready(tools, instance, engine, container))
    async with run.end() as session:
        await states.set_running(session, instance.id, container_id=container)


async def stop(tools: Tools, run: Run) -> None:
    """Stop an instance."""
    instance, engine = await _load(tools, run)
    await run.step("Stop", lambda: containers.stop(tools, instance, engine))
    async with run.end() as session:
        await states.set_stopped(session, instance.id)


async def restart(tools: Tools, run: Run) -> None:
    """Stop an instance and have it run again."""
    instance, engine = await _load(tools, run)
    await run.step("Stop", lambda: containers.stop(tools, instance, engine))
    await start(tools, run)


async def mend(tools: Tools, run: Run) -> None:
    """Bring about what is wished for, whatever the facts are by now."""
    instance, engine = await _load(tools, run)
    if instance.status == "failed" or instance.deleted_at is not None:
        await run.step("Remove", lambda: _remove_all(tools, run, instance, engine))
    elif instance.desired == "running":
        await start(tools, run)
    elif instance.desired == "stopped":
        await stop(tools, run)


async def undo(tools: Tools, run: Run) -> None:
    """Say what went wrong; one that was only cancelled is wished to be as it was before."""
    instance, engine = await _load(tools, run)
    if instance.deleted_at is None and instance.status not in ("creating", "deleting", "failed"):
        await _undo(tools, run, instance, engine)


async def delete(tools: Tools, run: Run) -> None:
    """Remove an instance: its containers, its data unless they are to be kept, its network."""
    instance, engine = await _load(tools, run)
    instance.data_kept = run.args["keep_data"]
    await run.step("Container", lambda: _remove_container(tools, instance, engine))
    await run.point_of_no_return()
    await run.step("Data", lambda: _remove_data(tools, run, instance, engine))
    async with run.end() as session:
        await states.set_deleted(session, instance.id, data_kept=instance.data_kept)


async def undo_delete(tools: Tools, run: Run) -> None:
    """Say that a removal failed, so that it can be asked for again, or that it was cancelled."""
    instance, engine = await _load(tools, run)
    if instance.status != "failed":
        await _undo(tools, run, instance, engine)


async def _load(tools: Tools, run: Run) -> tuple[Instance, Engine]:
    async with tools.db.read() as session:
        instance = await instances.get(session, run.subject)
        server = await inventory.get_server(session, instance.server_id)
    return instance, run.guard(tools.engines[server.name])


async def _remove_all(tools: Tools, run: Run, instance: Instance, engine: Engine) -> None:
    await containers.remove(tools, instance, engine)
    await _remove_data(tools, run, instance, engine)


async def _remove_container(tools: Tools, instance: Instance, engine: Engine) -> None:
    if instance.data_kept:
        await containers.stop(tools, instance, engine)
    await containers.remove(tools, instance, engine)


async def _remove_data(tools: Tools, run: Run, instance: Instance, engine: Engine) -> None:
    if not instance.data_kept:
        await containers.remove_volumes(tools, instance, engine)
    await FORMS[instance.kind].remove_network(tools, run, instance, engine)


async def _undo(tools: Tools, run: Run, instance: Instance, engine: Engine) -> None:
    """Write down how the instance stands now. What can be mended is, at the next look."""
    async with tools.db.read() as session:
        operation = await operations.get(session, run.id)
    wish, was = run.args.get("wish"), run.args.get("was")
    if operation.was_cancelled and was and instance.desired == wish:
        instance.desired = was
    finding = await containers.look(tools, instance, engine)
    if not operation.was_cancelled:
        finding = replace(finding, status="degraded", message=operation.error)
    async with run.begin() as session:
        if operation.was_cancelled:
            await states.unwish(session, instance.id, wish=wish, was=was)
        await states.set_found(session, instance.id, finding, at=now())
        wake(session, states.look_topic(instance.server_id))
