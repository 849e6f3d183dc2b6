"""Tools on a fake engine, for tests that need no HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from moorage.config import Settings
from moorage.engines.fake import FakeEngine
from moorage.identity.models import User
from moorage.instances.tools import Tools
from tests.make.gate import Gate
from tests.make.identity import make_user
from tests.make.world import make_engine, open_tools


@pytest.fixture
def engine() -> FakeEngine:
    """Give an engine whose registry has every image."""
    return make_engine()


@pytest.fixture
def gate() -> Gate:
    """Give the gate in front of the engine."""
    return Gate()


@pytest.fixture
async def tools(tmp_path: Path, engine: FakeEngine, gate: Gate) -> AsyncIterator[Tools]:
    """Give tools with rows of their own."""
    async with open_tools(Settings(data_dir=tmp_path), engine, gate) as opened:
        yield opened


@pytest.fixture
async def owner(tools: Tools) -> User:
    """Give somebody who may order."""
    return await make_user(tools.db)
