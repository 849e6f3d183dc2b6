"""The ports of an instance, when others hold them."""

import pytest

from moorage.engines.fake import FakeEngine
from moorage.identity.models import User
from moorage.instances.tools import Tools
from tests.instances.lives import everything, work_off
from tests.make.instances import make_order

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("blueprint", "setting"),
    [("redis", "MOORAGE_DATABASE_PORTS"), ("dokuwiki", "MOORAGE_APP_PORTS")],
)
async def test_an_order_fails_once_many_ports_in_a_row_turn_out_to_be_taken(
    tools: Tools, engine: FakeEngine, owner: User, blueprint: str, setting: str
) -> None:
    engine.is_here = False  # so that nobody knows before a start
    engine.taken_ports = set(range(1 << 16))
    instance, _ = await make_order(tools, owner=owner, blueprint=blueprint)

    [operation] = await work_off(tools, instance)

    assert operation.status == "failed"
    assert f"50 ports in a row are taken by others; set {setting}" in str(operation.error)
    assert await everything(tools, engine) == []
