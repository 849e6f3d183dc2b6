"""What can be seen inside an instance: its containers, how much they use, what they log."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, fields

from moorage.catalog.running import SERVICE
from moorage.engines.port import Container, Engine, Usage
from moorage.instances import containers, rules
from moorage.instances import service as instances
from moorage.instances.models import Instance
from moorage.instances.tools import Tools
from moorage.kit.errors import NotFound, Unavailable

_SEEN_WITHIN_S = 2.0
_MEASURED_WITHIN_S = 1.0
_WAITING_LINES = 1000


@dataclass(frozen=True, slots=True)
class Inside:
    """What an instance consists of now. usage: of all together; None while nothing runs, or its
    engine does not answer in time."""

    containers: Sequence[Container]
    usage: Usage | None


async def look(tools: Tools, instance: Instance) -> Inside:
    """Return what an instance consists of, by service, and what it uses."""
    engine = await _engine(tools, instance)
    found = await _parts(tools, instance, engine)
    running = [one for one in found if one.status == "running"]
    measured = await asyncio.gather(*(_usage(engine, one) for one in running))
    return Inside(found, _sum(filter(None, measured)))


async def parts(tools: Tools, instance: Instance) -> Sequence[Container]:
    """Return the containers of an instance by service; none while its engine does not answer."""
    return await _parts(tools, instance, await _engine(tools, instance))


async def volumes(tools: Tools, instance: Instance) -> Sequence[str]:
    """Return the volumes with the data of an instance. Raises Unavailable."""
    return sorted(await containers.volumes(tools, instance, await _engine(tools, instance)))


def service_of(instance: Instance, container: Container) -> str:
    """Return which service of its instance a container is."""
    return container.labels.get(SERVICE, instance.blueprint)


async def log(
    tools: Tools, instance: Instance, *, tail: int, service: str | None = None
) -> list[str]:
    """Return the last lines of an instance's log, without its secrets.

    Of several services each line begins with the service. Raises NotFound (no such service),
    Unavailable.
    """
    engine = await _engine(tools, instance)
    masked = mask(tools, instance)
    lines: list[str] = []
    for prefix, container in await _logs(tools, instance, engine, service):
        with suppress(NotFound):  # it is not made yet, or its order failed
            log = await engine.container_log(container, tail=tail)
            lines += [f"{prefix}{masked(line)}" for line in log]
    return lines


@asynccontextmanager
async def follow_log(
    tools: Tools, instance: Instance, *, tail: int, service: str | None = None
) -> AsyncIterator[AsyncIterator[str]]:
    """Listen to the last lines and all that come until it stops, without its secrets.

    Raises NotFound and Unavailable, as the engine's own does.
    """
    engine = await _engine(tools, instance)
    masked = mask(tools, instance)
    async with AsyncExitStack() as stack:
        streams = [
            (prefix, await stack.enter_async_context(engine.follow_log(container, tail=tail)))
            for prefix, container in await _logs(tools, instance, engine, service)
        ]
        lines = await stack.enter_async_context(_merged(streams))
        yield (masked(line) async for line in lines)


def mask(tools: Tools, instance: Instance) -> Callable[[str], str]:
    """Return what puts *** in the place of each secret of an instance."""
    # The longest first: one may be a part of another.
    secrets = sorted(filter(None, instances.settled(tools, instance).secrets.values()), key=len)

    def masked(line: str) -> str:
        for secret in reversed(secrets):
            line = line.replace(secret, "***")
        return line

    return masked


async def _engine(tools: Tools, instance: Instance) -> Engine:
    return tools.engines[(await instances.server_of(tools, instance)).name]


async def _parts(tools: Tools, instance: Instance, engine: Engine) -> Sequence[Container]:
    try:
        async with asyncio.timeout(_SEEN_WITHIN_S):
            found = await containers.find(tools, instance, engine)
    except (Unavailable, TimeoutError):
        return ()
    return sorted(found, key=lambda one: service_of(instance, one))


async def _logs(
    tools: Tools, instance: Instance, engine: Engine, service: str | None
) -> list[tuple[str, str]]:
    """Return what lines begin with, and the container that they come from."""
    if instance.kind == "database":  # by name: it may be in the making
        name = rules.container_name(tools.installation, instance)
        return [("", name)]
    found = {
        service_of(instance, one): one.id for one in await containers.find(tools, instance, engine)
    }
    if service is None:
        return [(f"{name} | ", container) for name, container in sorted(found.items())]
    if service not in found:
        raise NotFound(f"{instance.name} has no service {service!r:.80} that was started.")
    return [("", found[service])]


@asynccontextmanager
async def _merged(
    streams: Sequence[tuple[str, AsyncIterator[str]]],
) -> AsyncIterator[AsyncIterator[str]]:
    """Listen to several streams at once, until the last one ends."""
    lines: asyncio.Queue[str | Exception | None] = asyncio.Queue(_WAITING_LINES)

    async def read(prefix: str, stream: AsyncIterator[str]) -> None:
        try:
            async for line in stream:
                await lines.put(f"{prefix}{line}")
        # boundary: whatever it is, it is raised again where it is waited for
        except Exception as error:  # noqa: BLE001
            await lines.put(error)
        else:
            await lines.put(None)

    async def told() -> AsyncIterator[str]:
        open_streams = len(streams)
        while open_streams:
            line = await lines.get()
            if isinstance(line, Exception):
                raise line
            if line is None:
                open_streams -= 1
            else:
                yield line

    tasks = [asyncio.create_task(read(prefix, stream)) for prefix, stream in streams]
    try:
        yield told()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _usage(engine: Engine, container: Container) -> Usage | None:
    try:
        async with asyncio.timeout(_MEASURED_WITHIN_S):
            return await engine.container_usage(container.id)
    except (NotFound, Unavailable, TimeoutError):
        return None


def _sum(parts: Iterable[Usage]) -> Usage | None:
    """Return what several containers use together, at the moment of the first."""
    measured = [*parts]
    if not measured:
        return None
    sums = {
        one.name: sum(getattr(part, one.name) for part in measured)
        for one in fields(Usage)
        if one.name != "at"
    }
    return Usage(at=measured[0].at, **sums)
