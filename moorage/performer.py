"""What `moor worker` is: a process that performs operations and answers nobody."""

import asyncio
import logging
import signal

from sqlalchemy import make_url

from moorage.config import Settings
from moorage.kit.errors import Invalid
from moorage.worker import performing
from moorage.world import open_world

log = logging.getLogger(__name__)


async def perform_until_stopped(settings: Settings) -> None:
    """Perform operations until SIGTERM or SIGINT. Raises Invalid on SQLite."""
    if make_url(settings.database).get_backend_name() == "sqlite":
        raise Invalid(
            "On SQLite `moor serve` performs by itself; workers beside it need PostgreSQL: "
            "set MOORAGE_DATABASE_URL for all of them."
        )
    async with open_world(settings) as tools:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with performing(tools):
            log.info("performing operations")
            await stop.wait()
