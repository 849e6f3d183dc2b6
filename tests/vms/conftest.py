"""Tools on a fake cloud behind a gate, for tests that need no HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from moorage.config import Settings
from moorage.identity.models import User
from moorage.instances.tools import Tools
from moorage.openstack.fake import FakeCloud
from tests.make.cloud import make_cloud
from tests.make.gate import Gate, gated
from tests.make.identity import make_user
from tests.make.world import make_engine, open_tools


@pytest.fixture
def cloud() -> FakeCloud:
    """Give a cloud in which there may be three servers."""
    return make_cloud(instances=3)


@pytest.fixture
def gate() -> Gate:
    """Give the gate in front of the cloud."""
    return Gate()


@pytest.fixture
async def tools(tmp_path: Path, cloud: FakeCloud, gate: Gate) -> AsyncIterator[Tools]:
    """Give tools with rows of their own."""
    settings = Settings(data_dir=tmp_path)
    async with open_tools(settings, make_engine(), cloud=gated(cloud, gate)) as opened:
        yield opened


@pytest.fixture
async def owner(tools: Tools) -> User:
    """Give somebody who may order."""
    return await make_user(tools.db)
