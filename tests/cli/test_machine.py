"""`moor machine`."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from moorage.cli import app
from moorage.kit.errors import Invalid
from tests.cli.conftest import Shell
from tests.make.machines import row, write
from tests.make.world import World

pytestmark = pytest.mark.anyio


@pytest.fixture
def file(world: World) -> Path:
    """Write a file of machines."""
    return write(world.settings.machines_file, row(100), row(200, status="stoppped", GPU=""))


async def test_machines_are_listed_by_id(file: Path, anna: Shell) -> None:
    told = await anna.moor("machine", "ls", "--source", "files")

    assert told.text.splitlines() == [
        "ID   NAME        STATUS   IP          CPUS  GPU             SOURCE",
        "100  machine100  running  10.0.0.101  32    NVIDIA RTX4090  files",
        "200  machine200  stopped  10.0.0.201  32                    files",
    ]


async def test_filters_leave_the_others_out(file: Path, anna: Shell) -> None:
    told = await anna.moor("machine", "ls", "--gpu", "4090", "--status", "running", "--json")
    none = await anna.moor("machine", "ls", "--label", "room=3")

    assert [one["id"] for one in json.loads(told.text)] == [100]
    assert none.text == "There are none.\n"


async def test_a_wrong_filter_is_refused_with_what_is_allowed(anna: Shell) -> None:
    told = await anna.moor("machine", "ls", "--status", "asleep")

    assert "must be 'running', 'stopped' or 'unknown'" in (told.error or "")


async def test_a_machine_is_assigned_to_users_nobody_and_everybody(
    file: Path, admin: Shell, anna: Shell
) -> None:
    texts = [
        (await admin.moor("machine", "assign", "100", *whom)).text
        for whom in (["anna", "admin"], ["--nobody"], ["--everybody"])
    ]
    refused = await anna.moor("machine", "assign", "100", "anna")

    assert texts == [
        "100  machine100  admin, anna\n",
        "100  machine100  nobody\n",
        "100  machine100  everybody\n",
    ]
    assert refused.error == "Only an administrator may do this."


@pytest.mark.parametrize("whom", [[], ["anna", "--nobody"], ["--nobody", "--everybody"]])
async def test_whom_it_is_assigned_to_is_said_in_one_way(
    file: Path, admin: Shell, whom: list[str]
) -> None:
    told = await admin.moor("machine", "assign", "100", *whom)

    assert told.error == "Name the users, or say --everybody, or --nobody."


async def test_what_is_wrong_with_the_file_is_said_to_admins(
    file: Path, admin: Shell, anna: Shell
) -> None:
    file.write_text("{")

    told = await admin.moor("machine", "ls")

    assert told.aside.startswith(f"moor: {file}: Line 1 is not JSON")
    assert (await anna.moor("machine", "ls")).aside == ""


def test_a_file_is_imported_and_merged(tmp_path: Path) -> None:
    given = write(tmp_path / "given.json", row(1), row(2))
    data = tmp_path / "data"
    command = ["machine", "import", str(given), "--data-dir", str(data)]

    first = CliRunner().invoke(app, command)
    write(given, row(2), row(3))
    second = CliRunner().invoke(app, command)
    third = CliRunner().invoke(app, [*command, "--replace", "--yes"])

    ours = data / "machines.json"
    assert first.stdout == f"2 taken; {ours} has 2 now.\n"
    assert second.stdout == f"2 taken; {ours} has 3 now.\n"
    assert third.stdout == f"2 taken; {ours} has 2 now.\n"


def test_machines_that_would_go_are_counted_and_asked_for(tmp_path: Path) -> None:
    data = tmp_path / "data"
    command = ["machine", "import", str(tmp_path / "given.json"), "--data-dir", str(data)]
    given = write(tmp_path / "given.json", row(1), row(2), row(3))
    CliRunner().invoke(app, command)
    before = (data / "machines.json").read_bytes()
    write(given, row(3))

    told = CliRunner().invoke(app, [*command, "--replace"])

    assert str(told.exception) == (
        f"Nobody is there to ask; say --yes to remove 2 machines that {given} does not name."
    )
    assert (data / "machines.json").read_bytes() == before


def test_whoever_replaces_without_loss_is_not_asked(tmp_path: Path) -> None:
    given = write(tmp_path / "given.json", row(1))
    command = ["machine", "import", str(given), "--replace", "--data-dir", str(tmp_path)]

    told = [CliRunner().invoke(app, command).exception for _ in range(2)]

    assert told == [None, None]


def test_a_bad_file_is_refused_with_its_row(tmp_path: Path) -> None:
    given = write(tmp_path / "given.json", row(1, mem=-1))

    told = CliRunner().invoke(app, ["machine", "import", str(given), "--data-dir", str(tmp_path)])

    assert isinstance(told.exception, Invalid)
    assert told.exception.message.startswith(f"{given}: row 0: mem: ")
    assert not (tmp_path / "machines.json").exists()
