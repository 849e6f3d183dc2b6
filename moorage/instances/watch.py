"""Looks at every server: when something happens there, and every few seconds anyway."""

import asyncio
import logging
from contextlib import suppress
from functools import partial

from moorage.engines.port import Engine
from moorage.instances import leftovers, look, rules, states
from moorage.instances.models import Kind
from moorage.instances.tools import Tools
from moorage.inventory import service as inventory
from moorage.inventory.models import Server
from moorage.kit.errors import Unavailable
from moorage.kit.pause import pause
from moorage.operations import service as operations
from moorage.operations.duties import Duty

log = logging.getLogger(__name__)

_EVERY_S = 8  # what no event told of is seen within ten seconds
_SETTLED_S = 1.0  # what happens is several events, and what hands do is several steps
_REST = 10  # times as long as a look took: it costs a server a tenth of its time at most
_LISTEN_AGAIN_S = 1.0


def duties(tools: Tools) -> list[Duty]:
    """Return what recurs: watching, which goes on until it fails."""
    return [Duty("instances.watch", _EVERY_S, partial(watch, tools))]


async def watch(tools: Tools) -> None:
    """Watch all servers. Raises Unavailable when our own database does not answer."""
    async with tools.db.read() as session:
        servers = await inventory.list_servers(session)
    watches = [
        Watch(tools, server, tools.engines[server.name])
        for server in servers
        if server.name in tools.engines
    ]
    tasks = [asyncio.create_task(work) for one in watches for work in (one.look_on(), one.listen())]
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in ended:
        task.result()


class Watch:
    """The watch over one server."""

    def __init__(self, tools: Tools, server: Server, engine: Engine) -> None:
        self._tools = tools
        self.server_id = server.id
        self._name = server.name
        self._engine = engine
        self._topic = states.look_topic(server.id)
        self._is_away = False
        self._suspects: set[tuple[Kind, str]] = set()

    async def look_on(self) -> None:
        """Look, wait for something to happen, and so on."""
        clock = asyncio.get_running_loop().time
        async with self._tools.db.wakes.listen(self._topic) as woken:
            while True:
                woken.clear()
                began = clock()
                await self.look()
                await pause(min(_REST * (clock() - began), _EVERY_S))
                with suppress(TimeoutError):
                    async with asyncio.timeout_at(began + _EVERY_S):
                        await woken.wait()
                await pause(_SETTLED_S)

    async def listen(self) -> None:
        """Have it looked at when something happens; whether the engine is there, a look says."""
        ours = {rules.DEPLOYMENT: self._tools.installation}
        wakes = self._tools.db.wakes
        while True:
            with suppress(Unavailable):
                async with self._engine.watch(ours) as events:
                    wakes.touch(self._topic)  # what happened before is not told
                    async for _ in events:
                        wakes.touch(self._topic)
            wakes.touch(self._topic)
            await pause(_LISTEN_AGAIN_S)

    async def look(self) -> None:
        """Look at everything, once."""
        try:
            seen = await look.facts(self._tools, self._engine)
        except Unavailable as error:
            await self._note_away(error)
            return
        if self._is_away:
            log.info("engine answers again", extra={"server": self._name})
            async with self._tools.db.begin() as session:
                await operations.hurry(session, server_id=self.server_id)
            self._is_away = False
        strangers = await look.write_down(self._tools, self.server_id, self._engine, seen)
        left = await leftovers.note(self._tools, self.server_id, strangers, suspects=self._suspects)
        self._suspects = strangers
        await leftovers.remove_old(self._tools, self._engine, left)

    async def _note_away(self, error: Unavailable) -> None:
        if self._is_away:
            return
        log.warning(
            "engine does not answer",
            extra={"server": self._name, "reason": error.detail or error.message},
        )
        async with self._tools.db.begin() as session:
            await states.set_unknown(session, self.server_id)
        self._is_away = True
