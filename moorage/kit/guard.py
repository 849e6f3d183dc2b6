"""Look before each call: any port, made to check first whether it may still be used."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

Port = TypeVar("Port")


def guarded(port: Port, check: Callable[[], Awaitable[None]]) -> Port:
    """Return the port; each of its coroutines first awaits the check, which may raise."""
    return cast(Port, _Guarded(port, check))


class _Guarded:
    def __init__(self, port: object, check: Callable[[], Awaitable[None]]) -> None:
        self._port = port
        self._check = check

    def __getattr__(self, name: str) -> Any:  # Any: whatever the port has
        found = getattr(self._port, name)
        if not inspect.iscoroutinefunction(found):
            return found

        async def checked(*args: object, **kwargs: object) -> object:
            await self._check()
            result: object = await found(*args, **kwargs)
            return result

        return checked
