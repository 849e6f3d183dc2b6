"""Cancellations that were lost on the way."""

import asyncio
from contextlib import suppress

import pytest

from moorage.kit.pause import pause

pytestmark = pytest.mark.anyio


async def test_a_cancellation_that_was_lost_ends_the_task_at_its_next_pause() -> None:
    rounds: list[int] = []

    async def go_on() -> None:
        for number in range(3):
            rounds.append(number)
            with suppress(asyncio.CancelledError):  # as wait_for may do
                await asyncio.Event().wait()
            await pause(60)

    task = asyncio.create_task(go_on())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task], timeout=30)

    assert task.cancelled()
    assert rounds == [0]


async def test_a_pause_within_a_time_limit_ends_with_it_alone() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await pause(60)

    await pause(0)
