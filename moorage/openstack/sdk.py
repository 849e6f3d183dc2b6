"""A cloud through openstacksdk: in a few threads, over one connection, with a time limit."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from moorage.openstack.access import Access
from moorage.openstack.port import LONGEST_PAGE, Action, Kind, Server, ServerSpec, too_slow
from moorage.openstack.threads import Threads

if TYPE_CHECKING:  # what it imports is loaded when the cloud is first asked for something
    from moorage.openstack.calls import Calls

THREADS = 8

Result = TypeVar("Result")


class SdkCloud:
    """The cloud of the settings; nothing is connected before the first call."""

    settles_s = 10.0  # a Nova that is busy registers a request within seconds

    def __init__(self, access: Access, *, timeout_s: float = 30) -> None:
        self._access = access
        self._timeout_s = timeout_s
        self._threads = Threads("openstack", most=THREADS)
        self._connecting: asyncio.Task[Calls] | None = None

    async def check(self) -> None:
        """Raise Refused with the settings that are missing."""
        self._access.check()

    async def page(
        self, kind: type[Kind], *, limit: int = LONGEST_PAGE, marker: str | None = None
    ) -> list[Kind]:
        """Return at most so many of a kind, after the marker."""
        return await self._do(lambda calls: calls.page(kind, limit, marker))

    async def matching(self, kind: type[Kind], name_or_id: str) -> list[Kind]:
        """Return the one with that id, or all with that name."""
        return await self._do(lambda calls: calls.matching(kind, name_or_id))

    async def get(self, server_id: str) -> Server:
        """Return a server."""
        return await self._do(lambda calls: calls.get(server_id))

    async def create(self, spec: ServerSpec) -> str:
        """Ask for a server."""
        return await self._do(lambda calls: calls.create(spec))

    async def delete(self, server_id: str) -> None:
        """Ask for a server's removal."""
        await self._do(lambda calls: calls.delete(server_id))

    async def act(self, server_id: str, action: Action) -> None:
        """Ask for something to be done with a server."""
        await self._do(lambda calls: calls.act(server_id, action))

    async def limits(self) -> Mapping[str, int]:
        """Return the absolute limits."""
        return await self._do(lambda calls: calls.limits())

    async def close(self) -> None:
        """Let go of the connection; calls that hang are not waited for."""
        self._threads.close()
        if self._connecting is None:
            return
        if self._connecting.done():
            self._connecting.result().close()
        self._connecting.cancel()

    async def _do(self, call: Callable[["Calls"], Result]) -> Result:
        await self.check()
        try:
            async with asyncio.timeout(self._timeout_s):
                calls = await self._connected()
                return await self._threads.run(partial(call, calls))
        except TimeoutError as error:
            raise too_slow(f"no answer in {self._timeout_s:g} s") from error

    async def _connected(self) -> "Calls":
        """Return the connection; whoever needs it first makes it, the others wait for the same."""
        if self._connecting is None:
            self._connecting = asyncio.create_task(self._threads.run(self._connect))
            self._connecting.add_done_callback(self._forget_failure)
        return await asyncio.shield(self._connecting)

    def _connect(self) -> "Calls":
        from moorage.openstack.calls import Calls

        return Calls(self._access, timeout_s=self._timeout_s)

    def _forget_failure(self, connecting: "asyncio.Task[Calls]") -> None:
        if connecting.cancelled() or connecting.exception() is not None:
            self._connecting = None
