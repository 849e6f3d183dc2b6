"""How an instance that is a Compose project comes to run. Every call may be repeated.

The blueprint's own file is run with a second one on top; both are made anew each time, of nothing
but rows and the catalogue.
"""

import asyncio
from collections.abc import Collection, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from moorage.catalog import running, safety, unnamed
from moorage.catalog.app import App
from moorage.catalog.folders import FOLDER, archive, copied
from moorage.catalog.running import Place
from moorage.compose.port import Project, Runner
from moorage.engines.port import (
    ContainerSpec,
    Engine,
    ImageMissing,
    NetworkMissing,
    PortTaken,
    VolumeMount,
)
from moorage.instances import access, answering, containers, ports, rules
from moorage.instances import service as instances
from moorage.instances.models import Instance, Parts
from moorage.instances.recipes import recipes_of, service_image
from moorage.instances.tools import Tools
from moorage.instances.words import last_words
from moorage.kit.errors import Conflict, Failed, Invalid, NotFound, Unavailable
from moorage.operations.run import Run

STEPS = ("Containers", "Ready")

_TRIES = 5
_FILLED_AT = "/filled"
_UP_TIMEOUT_S = 1800  # services may wait for each other's health

Model = Mapping[str, Any]  # Any: JSON of the parser


async def prepare(tools: Tools, run: Run, instance: Instance, engine: Engine) -> dict[str, object]:
    """Have the images of all services; return the parts."""
    await _check_names(tools, instance, engine)
    app = _app(tools, instance)
    model = await _model(tools, instance)
    lasting = running.lasting(model, app)
    if not lasting:
        raise Failed(f"{app.title} has no service that goes on running.")
    found: dict[str, str] = {}
    for service in running.services(model):
        wanted = recipes_of(tools.catalog, app, service, model["services"][service]["image"])
        found[service] = (await tools.images.prepare(engine, wanted, say=run.say)).ref
    prefix = rules.container_name(tools.installation, instance)
    volumes = [*running.volumes(await _named(engine, model, found), prefix).values()]
    parts = Parts(images=found, lasting=lasting, volumes=volumes)
    return {"parts": parts}


async def start_new(tools: Tools, run: Run, instance: Instance, engine: Engine) -> str:
    """Have the containers of an order running; move on to the next ports if one is taken.

    Returns the id of the main one. Raises Failed.
    """
    model = await _model(tools, instance)
    await _fill_volumes(tools, instance, engine, model)
    start = partial(_up, tools, run, instance, engine, model)
    return await ports.on_free_ports(tools, run, instance, engine, start)


async def start_again(tools: Tools, run: Run, instance: Instance, engine: Engine) -> str:
    """Have the containers of an instance running on its ports; make those again that are gone.

    Returns the id of the main one. Raises Failed when a volume is gone, Unavailable while a port
    is taken.
    """
    await containers.check_volumes(tools, instance, engine)
    found = await containers.find(tools, instance, engine)
    for one in found:
        if one.status in ("removing", "dead"):
            await engine.remove_container(one.id)
        elif one.status == "paused":  # it cannot be started, but stopped
            await engine.stop_container(one.id)
    model = await _model(tools, instance)
    try:
        return await _up(tools, run, instance, engine, model)
    except PortTaken as error:
        raise ports.taken(instance) from error


async def until_ready(tools: Tools, instance: Instance, engine: Engine, container: str) -> None:
    """Wait until its page answers. Raises Failed."""
    await answering.until_answer(tools, engine, instance)


async def remove_network(tools: Tools, run: Run, instance: Instance, engine: Engine) -> None:
    """Remove the network that it had to itself, and the owner's if it was the last one in it."""
    await tools.networks.remove_own(engine, run.begin, instance)
    await tools.networks.remove_unused(
        engine, run.begin, server_id=instance.server_id, owner_id=instance.owner_id
    )


async def _up(tools: Tools, run: Run, instance: Instance, engine: Engine, model: Model) -> str:
    """Have everything running; return the id of the main container."""
    app = _app(tools, instance)
    compose = run.guard(await _compose(tools, instance))
    for _ in range(_TRIES):
        network = await tools.networks.ensure_own(engine, run.begin, instance)
        owners = await _owners_network(tools, run, instance, engine, app)
        place = _place(tools, instance, app, network, owners)
        parts = _parts(instance)
        # A volume that ran without a name has data: one with a name would take its place, empty.
        only = {name.removeprefix(f"{place.prefix}-") for name in parts["volumes"]}
        whole = await _named(engine, model, parts["images"], only)
        project = _project(tools, instance, running.override(app, whole, place))
        try:
            await compose.up(project, say=run.say, timeout_s=_UP_TIMEOUT_S)
        except NetworkMissing:
            # Engines know a network by its id: containers join no other one of that name.
            await containers.remove(tools, instance, engine)
        except Failed as error:
            if words := await _told_by(tools, instance, engine, error):
                raise Failed(f"{error.message}. {words}", detail=error.detail) from error
            raise
        except PortTaken:
            raise
        except Conflict:  # a run of this that was killed may still be making what we make
            await _check_names(tools, instance, engine)
        except ImageMissing:  # somebody has tidied up since it was made
            await _prepare_again(tools, run, instance, engine, model)
        else:
            return (await engine.get_container(place.name)).id
    raise Unavailable(f"The network or an image of {instance.name} goes as soon as it is made.")


async def _told_by(tools: Tools, instance: Instance, engine: Engine, error: Failed) -> str:
    """Return the end of the log of the container that the tool names as the culprit, if any."""
    named = error.message.split()
    with suppress(Unavailable):  # what the tool says is to be told in any case
        for one in await containers.find(tools, instance, engine):
            if one.name in named or f'"{one.labels.get(running.SERVICE)}"' in named:
                return await last_words(tools, engine, instance, one.id)
    return ""


async def _owners_network(
    tools: Tools, run: Run, instance: Instance, engine: Engine, app: App
) -> str | None:
    if not app.reaches_databases:
        return None
    return await tools.networks.ensure(
        engine, run.begin, server_id=instance.server_id, owner_id=instance.owner_id
    )


async def _prepare_again(
    tools: Tools, run: Run, instance: Instance, engine: Engine, model: Model
) -> None:
    app = _app(tools, instance)
    for service, ref in _parts(instance)["images"].items():
        wanted = recipes_of(tools.catalog, app, service, model["services"][service]["image"])
        same = [recipe for recipe in wanted if recipe.ref == ref]
        await tools.images.prepare(engine, same or wanted, say=run.say)


async def _fill_volumes(tools: Tools, instance: Instance, engine: Engine, model: Model) -> None:
    """Have in the volumes what the blueprint brings along, before anything else is in them."""
    labels = containers.labels(tools, instance)
    prefix = rules.container_name(tools.installation, instance)
    image = next(iter(_parts(instance)["images"].values()))
    for key, name in running.volumes(model, prefix).items():
        folder = (model["volumes"].get(key) or {}).get(FOLDER)
        content = await asyncio.to_thread(archive, folder) if folder else None
        if content is not None:
            mount = VolumeMount(name, _FILLED_AT, labels)
            spec = ContainerSpec(name=f"{name}-filled", image=image, labels=labels, mounts=(mount,))
            helper = await engine.create_container(spec)
            await engine.put_archive(helper, _FILLED_AT, content)
            await engine.remove_container(helper)


async def _check_names(tools: Tools, instance: Instance, engine: Engine) -> None:
    """Raise Conflict when containers of somebody else have the names of ours."""
    app = _app(tools, instance)
    wanted = running.container_names(app, rules.main(instance))
    for one in await engine.find_containers({}):
        if one.name in wanted and one.labels.get(rules.INSTANCE) != instance.id:
            raise rules.name_taken(one.name)


async def _model(tools: Tools, instance: Instance) -> Model:
    """Return what is to run. Raises Failed when what was ordered makes it dangerous."""
    compose = await _compose(tools, instance)
    app = _app(tools, instance)
    model = await compose.config(_project(tools, instance))
    try:
        await asyncio.to_thread(safety.check, model, app.folder, allowed=app.allowed)
    except Invalid as refusal:
        raise Failed(refusal.message, detail=refusal.detail) from refusal
    return await asyncio.to_thread(copied, model, app.folder)


async def _named(
    engine: Engine, model: Model, images: Mapping[str, str], only: Collection[str] | None = None
) -> Model:
    """Return the model with a name for every volume, those that images want among them."""
    found = {service: await engine.find_image(ref) for service, ref in images.items()}
    declared = {service: image.volumes for service, image in found.items() if image}
    return unnamed.named(model, declared, only=only)


def _app(tools: Tools, instance: Instance) -> App:
    """Return the app as it was ordered. Raises Failed when this machine does not keep that."""
    with suppress(NotFound):
        app = tools.catalog.app(instance.blueprint, instance.edition)
        if app.edition == instance.edition:
            return app
    raise Failed(
        f"{instance.blueprint} as it was ordered is not in the catalogue of this machine: "
        "add it there too, or remove the app and install it anew."
    )


async def _compose(tools: Tools, instance: Instance) -> Runner:
    return tools.composes[(await instances.server_of(tools, instance)).name]


def _project(tools: Tools, instance: Instance, override: str = "") -> Project:
    app = _app(tools, instance)
    settled = instances.settled(tools, instance)
    [url, *_] = [one.url for one in access.endpoints(tools, instance)] or [""]
    ours = {"MOORAGE_VERSION": settled.versions[0], "MOORAGE_URL": url}
    return Project(
        folder=app.folder,
        file=app.file,
        # Nobody else's project has that name: what is in it Compose takes for its own.
        name=rules.container_name(tools.installation, instance),
        variables={**settled.options, **settled.secrets, **ours},
        override=override,
    )


def _place(
    tools: Tools, instance: Instance, app: App, network: str, owners_network: str | None
) -> Place:
    images = _parts(instance)["images"].items()
    return Place(
        name=rules.main(instance),
        prefix=rules.container_name(tools.installation, instance),
        labels=containers.labels(tools, instance),
        network=network,
        owners_network=owners_network,
        address=tools.settings.publish_address,
        port=instance.port,
        db_port=instance.db_port,
        memory_mib=instance.memory_mib,
        cpus=instance.cpus,
        images={
            service: service_image(tools.catalog, app, service, ref) for service, ref in images
        },
    )


def _parts(instance: Instance) -> Parts:
    if instance.parts is None:
        raise Failed(f"{instance.name} was never made; remove it, and order it anew.")
    return instance.parts
