"""One process at a time, on one machine."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

_LOOK_AGAIN_S = 0.5


@asynccontextmanager
async def my_turn(file: Path) -> AsyncIterator[None]:
    """Wait until no other process holds the file, and hold it. It goes with the process."""
    with os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT, 0o600)) as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                await asyncio.sleep(_LOOK_AGAIN_S)
            else:
                break
        yield
