"""A gate in front of an engine: calls can be counted, held back, and cut off for good."""

import asyncio
import inspect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar, cast

Port = TypeVar("Port")


class Gate:
    """Every call passes twice, as `before start_container` and `after start_container`.

    One that opens a stream passes before and after the opening.
    passed: what has passed, in order. closed_at: the name of a moment, or how many may pass
    before it closes; whoever comes then waits until the gate is opened, or for ever.
    """

    def __init__(self) -> None:
        self.passed: list[str] = []
        self.closed_at: str | int | None = None
        self.reached = asyncio.Event()
        self._opened = asyncio.Event()

    def close(self, at: str | int) -> None:
        """Close at a moment; a number counts from now."""
        self.passed.clear()
        self.closed_at = at
        self.reached = asyncio.Event()
        self._opened = asyncio.Event()

    def open(self) -> None:
        """Let everybody pass from now on."""
        self.closed_at = None
        self._opened.set()

    async def enter(self, moment: str) -> None:
        """Pass, or wait."""
        if self.closed_at == moment or self.closed_at == len(self.passed):
            self.reached.set()
            await self._opened.wait()
        self.passed.append(moment)
        await asyncio.sleep(0)  # real engines let others run meanwhile


class _Gated:
    def __init__(self, engine: object, gate: Gate) -> None:
        self._engine = engine
        self._gate = gate

    def __getattr__(self, name: str) -> object:
        call = getattr(self._engine, name)
        if not callable(call):
            return call

        async def answer(*args: object, **kwargs: object) -> object:
            await self._gate.enter(f"before {name}")
            result: object = await call(*args, **kwargs)
            await self._gate.enter(f"after {name}")
            return result

        @asynccontextmanager
        async def stream(*args: object, **kwargs: object) -> AsyncIterator[object]:
            await self._gate.enter(f"before {name}")
            async with call(*args, **kwargs) as opened:
                await self._gate.enter(f"after {name}")
                yield opened

        return answer if inspect.iscoroutinefunction(call) else stream


def gated(engine: Port, gate: Gate) -> Port:
    """Return the engine, or the cloud, behind the gate."""
    return cast(Port, _Gated(engine, gate))
