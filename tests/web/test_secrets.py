"""Where passwords and tokens must never turn up."""

import json
import logging
from typing import Any

import pytest

from moorage.audit.models import AuditEntry
from moorage.engines.fake import Program
from moorage.instances.models import Instance
from moorage.kit.db import Base
from moorage.kit.errors import Unavailable
from moorage.operations.models import Operation
from tests.make.world import Person, World

pytestmark = pytest.mark.anyio

PASSWORD = "a-password-of-my-own"
KEY = {"Idempotency-Key": "order-1"}
ORDERS: list[dict[str, Any]] = [  # Any: JSON
    {"resource_name": "redis", "config": {"--requirepass": PASSWORD}},
    {
        "resource_name": "mysql",
        "config": {
            "MYSQL_ROOT_PASSWORD": PASSWORD,
            "MYSQL_USER": "anna",
            "MYSQL_PASSWORD": PASSWORD + "-2",
        },
    },
]
orders = pytest.mark.parametrize("order", ORDERS, ids=["redis", "mysql"])


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Capture what everybody logs, down to the least."""
    caplog.set_level(logging.DEBUG)
    return caplog


def everything(logged: pytest.LogCaptureFixture) -> str:
    """Return every field of every record but of the client that the test calls with."""
    return repr([vars(record) for record in logged.records if record.name != "httpx"])


@orders
async def test_an_order_and_its_removal_log_no_secret(
    world: World, anna: Person, logged: pytest.LogCaptureFixture, order: dict[str, Any]
) -> None:
    await anna.http.post("/resource_list", json=order, headers=KEY)
    await anna.http.get("/resource/1")
    await anna.http.delete("/resource/1")

    assert "operation ended" in everything(logged)
    assert PASSWORD not in everything(logged)
    assert anna.token not in everything(logged)


@orders
async def test_a_failing_order_logs_no_secret(
    world: World, anna: Person, logged: pytest.LogCaptureFixture, order: dict[str, Any]
) -> None:
    await anna.http.post("/resource_list", json=order)
    [container] = world.engine.containers.values()
    spec = container.spec
    await anna.http.delete("/resource/1")
    program = Program(output=(f"using password {PASSWORD}",), exit_code=1)
    world.engine.programs[(*(spec.entrypoint or ()), *spec.command)] = program

    answer = await anna.http.post("/resource_list", json=order)

    assert answer.status_code == 503
    assert "using password ***" in answer.json()["message"]
    assert PASSWORD not in answer.text
    assert PASSWORD not in everything(logged)


async def test_credentials_in_a_url_are_not_logged(
    anna: Person, logged: pytest.LogCaptureFixture
) -> None:
    await anna.http.get(f"/resource_list?token={anna.token}")

    assert "GET /resource_list" in logged.text
    assert anna.token not in everything(logged)


@orders
async def test_no_secret_is_in_an_argument_a_label_or_a_name(
    world: World, anna: Person, order: dict[str, Any]
) -> None:
    await anna.http.post("/resource_list", json=order)

    [container] = world.engine.containers.values()
    spec = container.spec
    for visible in (
        spec.command,
        spec.entrypoint,
        spec.labels,
        spec.name,
        spec.health,
        spec.mounts,
    ):
        assert PASSWORD not in repr(visible)
    assert PASSWORD not in repr([*world.engine.volumes.values(), *world.engine.networks.values()])
    assert PASSWORD in repr(spec.environment)


@orders
async def test_no_row_holds_a_secret_in_the_clear(
    world: World, anna: Person, order: dict[str, Any]
) -> None:
    await anna.http.post("/resource_list", json=order, headers=KEY)
    world.engine.fail_next("start_container", Unavailable("The engine is on fire."))
    await anna.http.post("/resource_list", json=order)

    rows = [
        [getattr(row, column.key) for column in table.__mapper__.columns]
        for table in (mapper.class_ for mapper in Base.registry.mappers)
        if table.__module__.startswith("moorage.")  # tests have tables of their own
        for row in await world.rows(table)
    ]
    text = json.dumps(rows, default=str)
    assert order["resource_name"] in text
    assert PASSWORD not in text
    assert anna.token not in text


async def test_the_secrets_of_what_is_gone_are_gone(world: World, anna: Person) -> None:
    await anna.http.post("/resource_list", json=ORDERS[0])
    await anna.http.delete("/resource/1")

    [row] = await world.rows(Instance)
    assert row.secrets_sealed == ""
    assert [entry.action for entry in await world.rows(AuditEntry)] == [
        "instance.create",
        "instance.delete",
    ]
    assert PASSWORD not in repr([vars(entry) for entry in await world.rows(Operation)])
