"""The service on a world in memory, for every test of the doors."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.make.world import Person, World, open_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Run the service on a fake engine."""
    async with open_world(tmp_path, login_failures=3, stop_grace_s=0) as opened:
        yield opened


@pytest.fixture
async def anna(world: World) -> Person:
    """Give somebody who may order."""
    return await world.person("anna")


@pytest.fixture
async def admin(world: World) -> Person:
    """Give somebody who may do everything."""
    return await world.person("admin", role="admin")
