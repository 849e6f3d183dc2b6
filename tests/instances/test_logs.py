"""What instances log, as it comes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import anyio
import pytest

from moorage.engines.fake import FakeEngine
from moorage.identity.models import User
from moorage.instances import inside
from moorage.instances.models import Instance
from moorage.instances.tools import Tools
from moorage.inventory import service as inventory
from tests.instances.lives import make_running

pytestmark = pytest.mark.anyio


class BrokenLogs(FakeEngine):
    """An engine whose logs end in a bug."""

    @asynccontextmanager
    async def follow_log(
        self, id_or_name: str, *, tail: int = 20
    ) -> AsyncIterator[AsyncIterator[str]]:
        """Tell a line, then break."""

        async def lines() -> AsyncIterator[str]:
            yield "one"
            raise ZeroDivisionError

        yield lines()


async def follow(tools: Tools, instance: Instance) -> list[str]:
    """Return the lines of a log that ends."""
    with anyio.fail_after(10):
        async with inside.follow_log(tools, instance, tail=1) as lines:
            return [line async for line in lines]


async def test_a_log_that_breaks_is_not_waited_for(tools: Tools, owner: User) -> None:
    instance = await make_running(tools, owner)
    broken = replace(tools, engines={inventory.LOCAL: BrokenLogs()})

    with pytest.raises(ZeroDivisionError):
        await follow(broken, instance)
