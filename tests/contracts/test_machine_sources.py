"""What every source of machines keeps to: a file, managed servers, and the fake."""

from collections.abc import Callable
from pathlib import Path

import pytest

from moorage.inventory import service as inventory
from moorage.inventory.fake import FakeHost, FakeSource
from moorage.inventory.files import MachinesFile
from moorage.inventory.machine import Machine, Source
from moorage.inventory.servers import ManagedServers
from moorage.kit.db import Database
from moorage.kit.errors import MoorageError
from tests.make.machines import row, write

pytestmark = pytest.mark.anyio

Break = Callable[[], object]


@pytest.fixture(params=["file", "fake"])
def breakable(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Source, Break]:
    """Give each that can fail, with one machine, and what makes it fail."""
    if request.param == "file":
        file = write(tmp_path / "machines.json", row(1))
        return MachinesFile(file), file.unlink
    fake = FakeSource(Machine(1, "machine001", "files"))
    return fake, lambda: setattr(fake, "away", True)


@pytest.fixture(params=["file", "servers", "fake"])
async def source(request: pytest.FixtureRequest, tmp_path: Path, db: Database) -> Source:
    """Give each, with one machine."""
    if request.param == "file":
        return MachinesFile(write(tmp_path / "machines.json", row(1)))
    if request.param == "fake":
        return FakeSource(Machine(1, "machine001", "files"))
    async with db.begin() as session:
        await inventory.register_installation(session)
    return ManagedServers(db, {inventory.LOCAL: FakeHost()})


async def test_a_machine_says_where_it_is_known_from(source: Source) -> None:
    [machine] = await source.look()

    assert machine.source == source.name


async def test_a_machine_keeps_its_id(source: Source) -> None:
    [first], [second] = await source.look(), await source.look()

    assert first.id == second.id


async def test_what_was_just_told_holds(source: Source) -> None:
    await source.look()

    assert not source.has_changed()


async def test_a_source_waits_for_nothing_longer_than_it_may(source: Source) -> None:
    assert 0 < source.within_s <= 5


async def test_what_fails_says_why_in_a_sentence(breakable: tuple[Source, Break]) -> None:
    source, break_it = breakable
    await source.look()
    break_it()

    with pytest.raises(MoorageError) as caught:
        await source.look()

    assert caught.value.message.endswith(".")
