"""An app goes on as it was ordered, whatever its name leads to in the catalogue by now."""

import asyncio
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from moorage.catalog.adding import add
from moorage.catalog.judge import judge
from moorage.catalog.service import BUILT_IN, load
from moorage.compose.tool import ComposeTool
from moorage.engines.fake import FakeEngine
from moorage.identity.models import User
from moorage.instances import service as instances
from moorage.instances import verbs
from moorage.instances.recipes import recipes_of
from moorage.instances.tools import Tools
from moorage.worker import own_duties, performing
from tests.instances.lives import make_running, work_off

pytestmark = pytest.mark.anyio

OLD = "services: {web: {image: redis, ports: ['80']}, old: {image: redis}}"
NEW = "services: {web2: {image: redis, ports: ['81']}, new: {image: redis}}"


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """Return the folder of what is added."""
    return tmp_path / "added"


@pytest.fixture
def tools(tools: Tools, engine: FakeEngine, shelf: Path) -> Tools:
    """Return tools with what is added in their catalogue."""
    shelf.mkdir()
    engine.registry |= {"redis"}
    return replace(tools, catalog=load([BUILT_IN, shelf]))


async def put(shelf: Path, text: str) -> None:
    """Add an app, or another one in its place."""
    file = shelf.parent / "boats.yaml"
    file.write_text(text)
    add(await judge(file, ComposeTool()), shelf, allowed=())


async def test_an_app_that_was_replaced_is_restarted_as_it_was_ordered(
    tools: Tools, engine: FakeEngine, owner: User, shelf: Path
) -> None:
    await put(shelf, OLD)
    instance = await make_running(tools, owner, blueprint="boats")
    before = {*engine.containers}
    await put(shelf, NEW)

    async with tools.db.begin() as session:
        mine = await instances.get(session, instance.id)
        await verbs.restart(session, mine)
    [operation, *_] = await work_off(tools, instance)

    assert operation.status == "succeeded", operation.error
    assert engine.containers.keys() == before == {"websoft9-boats", "websoft9-boats-old"}
    second = await make_running(tools, owner, blueprint="boats")
    names = {name for name in engine.containers if name.startswith(str(second.project))}
    assert names == {str(second.project), f"{second.project}-new"}


async def test_editions_share_the_images_that_they_have_in_common(
    tools: Tools, owner: User, shelf: Path
) -> None:
    images = {}
    for title, image in (("Boats", "redis:8"), ("Ships", "redis:8"), ("Ships", "x/redis:8")):
        await put(shelf, f"x-moorage: {{title: {title}}}\nservices: {{web: {{image: {image}}}}}")
        app = tools.catalog.app("boats")
        [recipe] = recipes_of(tools.catalog, app, "web", image)
        images[app.edition] = recipe.ref

    boats, ships, others = images.values()
    assert boats == ships != others
    assert ":8-" in ships


@pytest.mark.parametrize("is_replaced", [True, False])
async def test_an_app_is_not_restarted_where_its_edition_is_not_kept(
    tools: Tools, engine: FakeEngine, owner: User, shelf: Path, is_replaced: bool
) -> None:
    await put(shelf, OLD)
    instance = await make_running(tools, owner, blueprint="boats")
    before = {*engine.containers}
    shutil.rmtree(shelf)
    shelf.mkdir()
    if is_replaced:
        await put(shelf, NEW)
    elsewhere = replace(tools, catalog=load([BUILT_IN, shelf]))

    async with tools.db.begin() as session:
        mine = await instances.get(session, instance.id)
        await verbs.restart(session, mine)
    [operation, *_] = await work_off(elsewhere, instance)

    assert operation.status == "failed"
    assert "boats as it was ordered is not in the catalogue of this" in str(operation.error)
    assert {*engine.containers} == before


async def test_editions_are_forgotten_that_nobody_ordered_and_no_name_leads_to(
    tools: Tools, owner: User, shelf: Path
) -> None:
    await put(shelf, OLD)
    instance = await make_running(tools, owner, blueprint="boats")
    for image in ("redis:7", "redis:8"):
        await put(shelf, NEW.replace("redis", image))
    await put(shelf, NEW)
    for edition in (shelf / "kept").iterdir():
        os.utime(edition, (0, 0))

    [forget] = own_duties(tools)
    await forget.do()

    kept = {edition.name for edition in (shelf / "kept").iterdir()}
    assert kept == {instance.edition, tools.catalog.app("boats").edition}
    assert tools.catalog.app("boats", instance.edition).services == ("web", "old")


async def test_every_process_forgets_the_editions_on_its_own_machine(
    tools: Tools, shelf: Path
) -> None:
    leader = replace(tools, catalog=load([BUILT_IN]))
    await put(shelf, OLD)
    await put(shelf, NEW)
    for edition in (shelf / "kept").iterdir():
        os.utime(edition, (0, 0))

    async with performing(leader), performing(tools), asyncio.timeout(10):
        while len([*(shelf / "kept").iterdir()]) > 1:
            await asyncio.sleep(0.01)

    [edition] = (shelf / "kept").iterdir()
    assert edition.name == tools.catalog.app("boats").edition
