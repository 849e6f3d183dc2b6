"""A file of machines: read again when it changes, and what happens when it is bad."""

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from moorage.inventory.files import MachinesFile
from moorage.inventory.machines import Machines
from tests.make.machines import row, write

pytestmark = pytest.mark.anyio


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give where the file is."""
    return tmp_path / "machines.json"


@pytest.fixture
def machines(file: Path) -> Machines:
    """Give the machines of the file."""
    return Machines([MachinesFile(file)])


async def ids(machines: Machines) -> list[int]:
    """Return the ids of all machines."""
    return [machine.id for machine in await machines.all()]


async def test_a_file_that_changes_is_read_again(file: Path, machines: Machines) -> None:
    write(file, row(1))
    before = await ids(machines)

    write(file, row(1), row(2))

    assert (before, await ids(machines)) == ([1], [1, 2])


async def test_a_file_that_stays_is_read_once(file: Path, machines: Machines) -> None:
    write(file, row(1))

    assert await machines.all() is await machines.all()


async def test_a_file_put_in_its_place_is_read_though_size_and_time_are_the_same(
    file: Path, machines: Machines
) -> None:
    write(file, row(1))
    await machines.all()
    other = write(file.with_name("other"), row(2, ip="10.0.0.2", name="machine001"))
    status = file.stat()
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert other.stat().st_size == status.st_size

    other.replace(file)

    assert await ids(machines) == [2]


async def test_a_link_that_leads_elsewhere_is_followed(file: Path, machines: Machines) -> None:
    file.symlink_to(write(file.with_name("a.json"), row(1)))
    before = await ids(machines)

    link = file.with_name("new")
    link.symlink_to(write(file.with_name("b.json"), row(2)))
    link.replace(file)

    assert (before, await ids(machines)) == ([1], [2])


async def test_of_a_file_that_is_still_being_written_the_last_good_one_counts(
    file: Path, machines: Machines
) -> None:
    write(file, row(1))
    await machines.all()
    whole = write(file.with_name("whole"), row(1), row(2)).read_bytes()

    with file.open("wb") as stream:
        stream.write(whole[:-20])
        stream.flush()
        halfway, problem = await ids(machines), machines.problem()
        stream.write(whole[-20:])

    assert (halfway, await ids(machines)) == ([1], [1, 2])
    assert problem
    assert "is not JSON" in problem
    assert machines.problem() is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "Line 1 is not JSON"),
        (b'{"data": [{"id": 1}]}', "row 0: cpus: is missing"),
        (b"\xff\xfe", "It is not UTF-8"),
    ],
)
async def test_a_bad_file_is_refused_whole_and_the_last_good_one_stays(
    file: Path, machines: Machines, content: bytes, reason: str
) -> None:
    write(file, row(1))
    await machines.all()

    file.write_bytes(content)

    assert [await ids(machines), await ids(machines)] == [[1], [1]]
    assert (machines.problem() or "").startswith(f"{file}: {reason}")


async def test_a_file_that_is_bad_from_the_start_has_no_machines_and_a_problem(
    file: Path, machines: Machines
) -> None:
    write(file, row(1), row(1))

    assert await ids(machines) == []
    assert machines.problem() == f"{file}: row 1: id: 1 is in row 0 already."


async def test_a_file_that_is_gone_is_missed_and_its_machines_stay(
    file: Path, machines: Machines
) -> None:
    write(file, row(1))
    await machines.all()
    file.unlink()

    found, problem = await ids(machines), machines.problem()
    write(file, row(2))

    assert found == [1]
    assert problem == f"{file} is not there: put it back, or set MOORAGE_MACHINES."
    assert (await ids(machines), machines.problem()) == ([2], None)


async def test_a_file_that_somebody_named_must_be_there(machines: Machines) -> None:
    assert await ids(machines) == []
    assert "is not there" in (machines.problem() or "")


async def test_a_file_that_nobody_named_may_come_later(file: Path) -> None:
    machines = Machines([MachinesFile(file, is_optional=True)])
    before, problem = await ids(machines), machines.problem()

    write(file, row(1))

    assert (before, problem) == ([], None)
    assert await ids(machines) == [1]


@contextmanager
def unprivileged() -> Iterator[None]:
    """Be nobody for a while: root may read everything."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        yield
    finally:
        os.seteuid(before)


async def test_a_file_that_nobody_may_read_is_told_of(file: Path, machines: Machines) -> None:
    write(file, row(1)).chmod(0)

    with unprivileged():
        found = await ids(machines)

    assert found == []
    assert machines.problem() == f"{file} cannot be read: Permission denied."


@pytest.mark.parametrize(("kind", "why"), [("folder", "Is a dir"), ("loop", "Too many levels")])
async def test_what_cannot_be_opened_is_told_of(
    file: Path, machines: Machines, kind: str, why: str
) -> None:
    if kind == "folder":
        file.mkdir()
    else:
        file.symlink_to(file)

    assert await ids(machines) == []
    assert (machines.problem() or "").startswith(f"{file} cannot be read: {why}")


async def test_a_pipe_in_its_place_makes_nobody_wait(file: Path, machines: Machines) -> None:
    os.mkfifo(file)

    assert await ids(machines) == []
    assert machines.problem() == f"{file} is no file."


async def test_a_file_of_any_size_is_read_and_one_without_end_is_not(
    file: Path, machines: Machines
) -> None:
    file.write_bytes(b"")
    os.truncate(file, 65 << 20)

    assert await ids(machines) == []
    assert machines.problem() == f"{file} has more than 64 MiB."


async def test_twenty_thousand_rows_are_read(file: Path, machines: Machines) -> None:
    write(file, *(row(number) for number in range(20_000)))

    assert await ids(machines) == [*range(20_000)]
