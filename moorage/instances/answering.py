"""Whether an app really answers: its page, asked for as people would do it."""

import asyncio

from moorage.catalog.app import App
from moorage.engines.port import Container, Engine
from moorage.instances import containers, reconcile, rules
from moorage.instances.models import Instance
from moorage.instances.tools import Tools
from moorage.instances.words import cause, last_words
from moorage.kit.errors import Failed
from moorage.probes.port import NotReady, Page

_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 0.5
_LOOK_EVERY_S = 0.5
_STEADY_S = 3.0  # without a page nothing else tells "it runs" from "it ends again and again"
_RESTARTS_BORNE = 5  # many wait for their database by ending and being started again


async def until_answer(tools: Tools, engine: Engine, instance: Instance) -> None:
    """Wait until an app answers at its main port; one without, until all is well and stays so.

    Raises Failed with the last words of the container that ended, or is not well in time.
    """
    app = tools.catalog.app(instance.blueprint, instance.edition)
    page = _page(tools, instance, app)
    clock = asyncio.get_running_loop().time
    deadline = clock() + app.ready.timeout_s
    look_at = clock()
    seen, since = (0, False), clock()
    pause_s = _FIRST_PAUSE_S
    while True:
        try:
            if page is not None:
                await tools.visitor.visit(page)
                return
            reason = "its engine's health check does not succeed."
        except NotReady as error:
            reason = error.message
        is_last = clock() >= deadline
        if clock() >= look_at or is_last:
            look_at = clock() + _LOOK_EVERY_S
            unwell, restarts = await _look(tools, engine, instance)
            if seen != (restarts, not unwell):
                seen, since = (restarts, not unwell), clock()
            elif page is None and not unwell and clock() - since >= _STEADY_S:
                return
        if is_last:
            who = unwell[0] if unwell else await engine.get_container(rules.main(instance))
            words = await last_words(tools, engine, instance, who.id)
            took = f"{instance.name} was not ready within {app.ready.timeout_s} s ({reason})"
            raise Failed(f"{took} {words}")
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 1.2, _LONGEST_PAUSE_S)


def _page(tools: Tools, instance: Instance, app: App) -> Page | None:
    if app.main is None or instance.port is None:
        return None
    return Page(
        address=tools.settings.reachable_address,
        port=instance.port,
        scheme="tcp" if app.ready.tcp else app.main.scheme,
        path=app.ready.path,
        status=app.ready.status,
        contains=app.ready.contains,
    )


async def _look(tools: Tools, engine: Engine, instance: Instance) -> tuple[list[Container], int]:
    """Return the containers that are not well yet, and how often any was started again.

    Raises Failed when one ended for good.
    """
    found = reconcile.by_service(await containers.find(tools, instance, engine))
    unwell, restarts = [], 0
    for service in rules.lasting(instance):
        seen = found.get(service)
        if seen is None:
            raise Failed(f"The container {service} of {instance.name} was removed by somebody.")
        seen = await engine.get_container(seen.id)
        restarts += seen.restarts
        if seen.status in ("exited", "dead") or seen.restarts >= _RESTARTS_BORNE:
            words = await last_words(tools, engine, instance, seen.id)
            what = f"{service} of {instance.name} stopped right after its start"
            raise Failed(f"{what}{cause(seen)}. {words}")
        if seen.status != "running" or seen.health in ("starting", "unhealthy"):
            unwell.append(seen)
    return unwell, restarts
