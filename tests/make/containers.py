"""Containers that tests wait for."""

import asyncio

from moorage.engines.port import Engine

_PAUSE_S = 0.05


async def exit_code(engine: Engine, container: str, *, within_s: float = 20) -> int | None:
    """Return how a container ended, once it has. Raises TimeoutError."""
    async with asyncio.timeout(within_s):
        while (seen := await engine.get_container(container)).status != "exited":
            await asyncio.sleep(_PAUSE_S)
    return seen.exit_code
