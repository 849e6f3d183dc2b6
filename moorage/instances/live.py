"""Whether an instance really answers: a login, as its owner would do it."""

import asyncio

from moorage.catalog import render
from moorage.engines.port import Engine
from moorage.instances import service as instances
from moorage.instances.models import Instance
from moorage.instances.tools import Tools
from moorage.instances.words import cause, last_words
from moorage.kit.errors import Failed
from moorage.probes.port import NotReady, Probe, Target

_FIRST_PAUSE_S = 0.002
_LONGEST_PAUSE_S = 0.2
_LOOK_AT_CONTAINER_EVERY_S = 0.5
_ATTEMPT_S = 5.0
_ANSWER_S = 2.0


async def answers(tools: Tools, instance: Instance) -> bool:
    """Tell whether a client can log in right now."""
    if instance.container_id is None or instance.port is None:
        return False
    probe, target = _door(tools, instance, timeout_s=_ANSWER_S)
    try:
        await probe.login(target)
    except NotReady:
        return False
    return True


async def until_login(tools: Tools, engine: Engine, instance: Instance, container: str) -> None:
    """Wait until a client can log in.

    Raises Failed with the container's last words when it stops or takes too long.
    """
    blueprint = tools.catalog.get(instance.blueprint)
    clock = asyncio.get_running_loop().time
    deadline = clock() + blueprint.ready_timeout_s
    look_at = clock() + _LOOK_AT_CONTAINER_EVERY_S
    pause_s = _FIRST_PAUSE_S
    restarts = None
    probe, target = _door(tools, instance, timeout_s=_ATTEMPT_S)
    while True:
        try:
            await probe.login(target)
        except NotReady as error:
            reason = error.message
        else:
            return
        if clock() >= look_at:
            look_at = clock() + _LOOK_AT_CONTAINER_EVERY_S
            restarts = await _check_alive(tools, engine, instance, container, restarts=restarts)
        if clock() >= deadline:
            words = await last_words(tools, engine, instance, container)
            raise Failed(
                f"{instance.name} did not let anybody log in within "
                f"{blueprint.ready_timeout_s} s ({reason}). {words}"
            )
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 1.2, _LONGEST_PAUSE_S)


def _door(tools: Tools, instance: Instance, *, timeout_s: float) -> tuple[Probe, Target]:
    """Return what logs in, and where: once, for it unseals the credentials."""
    blueprint = tools.catalog.get(instance.blueprint)
    login = render.login(blueprint, instances.settled(tools, instance))
    target = Target(
        address=tools.settings.reachable_address,
        port=instance.port or 0,
        user=login.user,
        password=login.password,
        database=login.database,
        timeout_s=timeout_s,
    )
    return tools.probes[blueprint.login.probe], target


async def _check_alive(
    tools: Tools, engine: Engine, instance: Instance, container: str, *, restarts: int | None
) -> int:
    """Return how often the engine has restarted it. Raises Failed when that is more than before."""
    seen = await engine.get_container(container)
    if seen.status == "running" and restarts in (None, seen.restarts):
        return seen.restarts
    words = await last_words(tools, engine, instance, container)
    raise Failed(f"{instance.name} stopped right after its start{cause(seen)}. {words}")
