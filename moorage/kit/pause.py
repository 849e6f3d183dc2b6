"""Pauses of what goes on until it is cancelled."""

import asyncio


async def pause(seconds: float) -> None:
    """Sleep between two rounds. Raises CancelledError also for a cancellation that was lost."""
    check_cancelled()
    await asyncio.sleep(seconds)


def check_cancelled() -> None:
    """Raise CancelledError when this task was cancelled, and what it waited for has lost that.

    Until Python 3.12 `wait_for` does, when it comes together with the result, and the pools of
    psycopg and SQLAlchemy use it: https://github.com/python/cpython/issues/86296
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
