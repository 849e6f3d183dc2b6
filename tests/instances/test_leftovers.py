"""What belongs to nothing we know is told, once, and removed only where that is wanted."""

import logging
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from moorage.config import Settings
from moorage.engines.fake import FakeEngine
from moorage.engines.port import ContainerSpec, VolumeMount
from moorage.identity.models import User
from moorage.instances import leftovers, rules
from moorage.instances.models import Leftover
from moorage.instances.tools import Tools
from moorage.instances.watch import Watch
from moorage.kit.clock import now
from tests.instances.lives import make_running, rows, watch_over
from tests.make.gate import Gate
from tests.make.world import open_tools

pytestmark = pytest.mark.anyio


async def leave(tools: Tools, engine: FakeEngine) -> None:
    """Have a container, a volume and a network of an instance that no row knows."""
    labels = rules.labels(tools.installation, "ins_lost", "redis")
    engine.add_image("redis")
    await engine.create_container(ContainerSpec(name="lost", image="redis", labels=labels))
    await engine.ensure_volume("lost-data", labels=labels)
    theirs = rules.owner_labels(tools.installation, "usr_lost")
    await engine.ensure_network("lost-net", labels=theirs, subnet=None)


async def look_twice(watch: Watch) -> None:
    """Look until a leftover is believed to be one."""
    await watch.look()
    await watch.look()


async def test_leftovers_are_written_down_and_logged_once(
    tools: Tools, engine: FakeEngine, owner: User, caplog: pytest.LogCaptureFixture
) -> None:
    await make_running(tools, owner)
    await leave(tools, engine)
    watch = await watch_over(tools)

    with caplog.at_level(logging.WARNING):
        await look_twice(watch)
        await look_twice(await watch_over(tools))

    async with tools.db.read() as session:
        left = await leftovers.list_leftovers(session, watch.server_id)
    assert [(row.kind, row.name) for row in left] == [
        ("container", "lost"),
        ("volume", "lost-data"),
        ("network", "lost-net"),
    ]
    assert len([one for one in caplog.records if "nobody's" in one.message]) == 3
    assert "lost" in engine.containers


async def test_a_leftover_that_somebody_removed_is_forgotten(
    tools: Tools, engine: FakeEngine
) -> None:
    await leave(tools, engine)
    watch = await watch_over(tools)
    await look_twice(watch)

    engine.remove_by_hand("lost")
    await watch.look()

    assert {row.name for row in await rows(tools, Leftover)} == {"lost-data", "lost-net"}


async def test_leftovers_are_removed_after_the_grace_when_that_is_set(
    tmp_path: Path, engine: FakeEngine, gate: Gate
) -> None:
    settings = Settings(data_dir=tmp_path, leftovers="remove", leftovers_grace_s=3600)
    async with open_tools(settings, engine, gate) as tools:
        await leave(tools, engine)
        await look_twice(await watch_over(tools))
        before = [*engine.containers, *engine.volumes]
        async with tools.db.begin() as session:
            await session.execute(update(Leftover).values(seen_at=now() - timedelta(hours=1)))

        await look_twice(await watch_over(tools))  # as after a restart
        await (await watch_over(tools)).look()

        assert before == ["lost", "lost-data"]
        assert [*engine.containers, *engine.volumes, *engine.networks] == []
        assert await rows(tools, Leftover) == []


async def test_leftovers_in_use_are_not_said_to_be_removed(
    tmp_path: Path, engine: FakeEngine, gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(data_dir=tmp_path, leftovers="remove", leftovers_grace_s=0)
    async with open_tools(settings, engine, gate) as tools:
        await leave(tools, engine)
        theirs = ContainerSpec(
            name="theirs",
            image="redis",
            labels={},
            network="lost-net",
            mounts=(VolumeMount("lost-data", "/data"),),
        )
        await engine.start_container(await engine.create_container(theirs))
        watch = await watch_over(tools)
        await look_twice(watch)
        caplog.clear()

        with caplog.at_level(logging.INFO):
            await look_twice(watch)

        assert {row.name for row in await rows(tools, Leftover)} == {"lost-data", "lost-net"}
        assert [(one.message, vars(one)["what"]) for one in caplog.records] == [("removed", "lost")]


async def test_what_others_have_on_the_server_is_none_of_our_business(
    tools: Tools, engine: FakeEngine
) -> None:
    labels = rules.labels("somebody-else", "ins_1", "redis")
    await engine.ensure_volume("theirs", labels=labels)
    await engine.ensure_volume("nobodys", labels={})

    await look_twice(await watch_over(tools))

    assert await rows(tools, Leftover) == []
