"""How a VM comes to run, stops, and goes. Every step may be performed twice."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from moorage.kit.errors import Failed, NotFound
from moorage.kit.i18n import Text
from moorage.openstack.port import Action, Cloud, Server
from moorage.operations.run import Run
from moorage.vms import looks, rules
from moorage.vms.rules import Order

_WITHIN_S = 600.0
_PLACED_WITHIN_S = 20.0
_LOOK_EVERY_S = (0.1, 2.0)
_SETTLING_EVERY_S = 1.0
_LATE_BY = 0.05  # of the time that it took


async def create(cloud: Cloud, turn: asyncio.Lock, run: Run) -> None:
    """Make a VM run. turn: one after the other is given a host; see decision 16."""
    cloud = run.guard(cloud)
    server_id = await run.step("Server", lambda: _make(cloud, turn, run))
    await run.step("Active", lambda: _until_active(cloud, server_id))


async def undo_create(cloud: Cloud, run: Run) -> None:
    """Remove what a failed order made, unless it is to be kept for somebody to look at."""
    cloud = run.guard(cloud)
    for server in await _made_before(cloud, run):
        if not (run.args["keep_failed"] and server.status == "ERROR"):
            await _remove(cloud, server.id)


async def start(cloud: Cloud, run: Run) -> None:
    """Have a VM run."""
    await _act(run.guard(cloud), run, "start", status="ACTIVE")


async def stop(cloud: Cloud, run: Run) -> None:
    """Have a VM shut down."""
    await _act(run.guard(cloud), run, "stop", status="SHUTOFF")


async def reboot(cloud: Cloud, run: Run) -> None:
    """Have a VM shut down and started."""
    cloud = run.guard(cloud)
    server_id = await _meant(cloud, run)
    await run.step("Ask", lambda: cloud.act(server_id, "reboot"))
    await run.step("Active", lambda: _until_active(cloud, server_id))


async def delete(cloud: Cloud, run: Run) -> None:
    """Remove a VM."""
    cloud = run.guard(cloud)
    await run.point_of_no_return()
    server_id = await _meant(cloud, run)
    await run.step("Server", lambda: _remove(cloud, server_id))


async def _make(cloud: Cloud, turn: asyncio.Lock, run: Run) -> str:
    """Return the id of the server that was made now or before, once it has a host."""
    made = [] if run.is_first else await _made_before(cloud, run)
    spec = Order(**run.args).spec(run.subject, run.owner_id)
    clock = asyncio.get_running_loop().time
    async with turn:
        server_id = made[0].id if made else await cloud.create(spec)
        others_wait_until = clock() + _PLACED_WITHIN_S
        await _until(
            cloud, server_id, lambda server: server.is_placed or clock() > others_wait_until
        )
    return server_id


async def _made_before(cloud: Cloud, run: Run) -> list[Server]:
    """Return what was made, in an earlier performance also by a request that was cut off."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + (0 if run.is_first else cloud.settles_s)
    while True:
        found = await looks.made_for(cloud, run.subject)
        if found or clock() >= deadline:
            return found
        await asyncio.sleep(_SETTLING_EVERY_S)


async def _until_active(cloud: Cloud, server_id: str) -> dict[str, Any]:  # Any: JSON
    return asdict(await _until(cloud, server_id, lambda server: _is(server, "ACTIVE")))


async def _act(cloud: Cloud, run: Run, action: Action, *, status: str) -> None:
    """Have it in a status, in which it may be already."""
    server_id = await _meant(cloud, run)
    if not _is(await cloud.get(server_id), status):
        await run.step("Ask", lambda: cloud.act(server_id, action))
        await _until(cloud, server_id, lambda server: _is(server, status))


async def _meant(cloud: Cloud, run: Run) -> str:
    """Return which server an operation is about; its order may have been all there was of it."""
    given: str = run.args["server"]
    made = await looks.made_for(cloud, given) if rules.is_order(given) else ()
    return made[0].id if made else given


async def _remove(cloud: Cloud, server_id: str) -> None:
    """Return when a server is gone."""
    with suppress(NotFound):
        await cloud.delete(server_id)
        await _until(cloud, server_id, lambda server: False)


async def _until(cloud: Cloud, server_id: str, is_so: Callable[[Server], bool]) -> Server:
    """Return the server once it is so. Raises what was wrong, Failed after ten minutes."""
    clock = asyncio.get_running_loop().time
    since = clock()
    while not is_so(server := await cloud.get(server_id)):
        if _is(server, "ERROR"):
            raise rules.fault(server)
        took_s = clock() - since
        if took_s > _WITHIN_S:
            raise Failed(Text("The cloud did not do it within {seconds:g} s.", seconds=_WITHIN_S))
        await asyncio.sleep(min(max(took_s * _LATE_BY, _LOOK_EVERY_S[0]), _LOOK_EVERY_S[1]))
    return server


def _is(server: Server, status: str) -> bool:
    return server.status == status and server.task is None
