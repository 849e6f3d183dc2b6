"""Operations killed at any moment, one call later each time."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count

from moorage.instances.tools import Tools
from moorage.operations import service as operations
from moorage.operations.models import Operation
from tests.make.gate import Gate
from tests.make.instances import performing, restarted

Act = Callable[[], Awaitable[Operation]]


async def kill_at_every_moment(
    tools: Tools, gate: Gate, act: Act, check: Callable[[Operation], Awaitable[None]]
) -> int:
    """Perform an operation again and again, killed one call later each time, and check its end.

    Returns how many moments there were.
    """
    for moment in count():
        operation = await act()
        was_killed = await killed(restarted(tools), gate, operation, moment)
        async with performing(restarted(tools)):
            ended = await operations.wait(tools.db, operation.id, timeout_s=10)
        assert ended.is_ended, f"killed at {moment}: {ended.status}"
        await check(ended)
        if not was_killed:
            return moment
    raise AssertionError("never reached: count() has no end")


async def killed(tools: Tools, gate: Gate, operation: Operation, moment: int) -> bool:
    """Perform until as many calls have passed, then cut off; False when it ended before."""
    gate.close(moment)
    async with performing(tools):
        reached = asyncio.create_task(gate.reached.wait())
        ended = asyncio.create_task(operations.wait(tools.db, operation.id, timeout_s=10))
        await asyncio.wait((reached, ended), return_when=asyncio.FIRST_COMPLETED)
        was_reached = reached.done()
        reached.cancel()
        ended.cancel()
    gate.closed_at = None  # who waits there is dead, and must not be let in
    return was_reached
