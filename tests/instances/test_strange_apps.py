"""Apps of Compose files from elsewhere: what they say, and what they leave out."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from moorage.catalog.adding import add
from moorage.catalog.judge import judge
from moorage.catalog.service import BUILT_IN, load
from moorage.compose.tool import ComposeTool
from moorage.engines.fake import FakeEngine, Program
from moorage.identity.models import User
from moorage.instances import rules, verbs
from moorage.instances import service as instances
from moorage.instances.service import Order
from moorage.instances.tools import Tools
from moorage.kit.errors import Unavailable
from tests.instances.lives import everything, make_running, mended, work_off
from tests.make.gate import Gate
from tests.make.instances import make_order

pytestmark = pytest.mark.anyio


WAITS = (
    "services: {init: {image: redis, command: [boom]}, web: {image: redis, "
    "depends_on: {init: {condition: service_completed_successfully}}}}"
)


async def added(tools: Tools, folder: Path, text: str) -> Tools:
    """Add a Compose file to the catalogue, as the app `boats`."""
    (folder / "boats.yaml").write_text(text)
    add(await judge(folder / "boats.yaml", ComposeTool()), folder / "catalog", allowed=())
    return replace(tools, catalog=load([BUILT_IN, folder / "catalog"]))


async def test_an_answer_cannot_make_an_app_dangerous(
    tools: Tools, engine: FakeEngine, owner: User, tmp_path: Path
) -> None:
    dangerous = "services: {web: {image: 'redis', privileged: '${POWER:-false}'}}"
    with_boats = await added(tools, tmp_path, dangerous)
    wish = Order(blueprint="boats", config={"POWER": "true"})
    async with tools.db.begin() as session:
        instance, _ = await instances.create(session, with_boats, owner_id=owner.id, order=wish)

    [operation] = await work_off(with_boats, instance)

    assert operation.status == "failed"
    assert "services.web.privileged: It would own the server" in str(operation.error)
    assert await everything(tools, engine) == []


async def test_what_ended_before_the_others_began_says_why_the_order_failed(
    tools: Tools, engine: FakeEngine, owner: User, tmp_path: Path
) -> None:
    with_boats = await added(tools, tmp_path, WAITS)
    engine.registry.add("redis")
    engine.programs[("boom",)] = Program(output=("no luck",), exit_code=5)
    instance, _ = await make_order(with_boats, owner=owner, blueprint="boats")

    [operation] = await work_off(with_boats, instance)

    assert str(operation.error) == (
        'Docker Compose failed: service "init" didn\'t complete successfully: exit 5. '
        "Its last words: no luck"
    )


async def test_an_order_says_why_it_failed_also_when_its_engine_does_not_answer_just_then(
    tools: Tools, engine: FakeEngine, owner: User, tmp_path: Path, gate: Gate
) -> None:
    with_boats = await added(tools, tmp_path, WAITS)
    engine.registry.add("redis")
    engine.programs[("boom",)] = Program(exit_code=5)
    instance, _ = await make_order(with_boats, owner=owner, blueprint="boats")

    gate.close("before start_container")
    async with asyncio.TaskGroup() as tasks:
        done = tasks.create_task(work_off(with_boats, instance))
        await gate.reached.wait()
        engine.fail_next("find_containers", Unavailable("It is busy."))
        gate.open()

    [operation] = done.result()
    assert operation.error == (
        'Docker Compose failed: service "init" didn\'t complete successfully: exit 5'
    )


async def test_volumes_without_a_name_and_those_of_images_outlive_their_containers(
    tools: Tools, engine: FakeEngine, owner: User, tmp_path: Path
) -> None:
    engine.add_image("redis", volumes=["/data"])
    boats = "services: {web: {image: redis, volumes: ['/other']}}"
    with_boats = await added(tools, tmp_path, boats)
    instance = await make_running(with_boats, owner, blueprint="boats")
    [name] = engine.containers
    mounted = engine.containers[name].spec.mounts
    engine.remove_by_hand(name)

    await mended(with_boats, instance)
    again = engine.containers[name].spec.mounts
    async with tools.db.begin() as session:
        instance = await instances.get(session, instance.id)
        await verbs.delete(session, instance, keep_data=True)
    await work_off(with_boats, instance)

    prefix = rules.container_name(tools.installation, instance)
    names = {"/other": f"{prefix}-web-other", "/data": f"{prefix}-web-data"}
    assert {one.target: one.volume for one in mounted} == names
    assert again == mounted
    assert engine.volumes.keys() == {*names.values()}
    labels = {one.labels["moorage.instance"] for one in engine.volumes.values()}
    assert labels == {instance.id}


async def test_volumes_that_ran_without_a_name_are_left_without(
    tools: Tools, engine: FakeEngine, owner: User, tmp_path: Path
) -> None:
    engine.add_image("redis", volumes=["/data"])
    boats = (
        "services: {web: {image: redis, volumes: ['/other', 'files:/files']}}\nvolumes: {files: }"
    )
    with_boats = await added(tools, tmp_path, boats)
    instance = await make_running(with_boats, owner, blueprint="boats")
    [name] = engine.containers
    files = f"{rules.container_name(tools.installation, instance)}-files"
    assert instance.parts is not None
    async with tools.db.begin() as session:
        row = await instances.get(session, instance.id)
        row.parts = {**instance.parts, "volumes": [files]}
    engine.remove_by_hand(name)

    await mended(with_boats, instance)

    assert [one.volume for one in engine.containers[name].spec.mounts] == [files]
