"""Taking the machines of a file into ours: all or none."""

import json
import os
import stat
from pathlib import Path

import pytest

from moorage.inventory.importing import import_machines
from moorage.kit.errors import Invalid, Unavailable
from tests.make.machines import Json, row, write


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """Give the file that is imported."""
    return write(tmp_path / "given.json", row(1), row(2, status="stoppped", rack=7))


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """Give where ours is."""
    return tmp_path / "data" / "machines.json"


def rows(file: Path) -> list[Json]:
    """Return what a file says."""
    found: list[Json] = json.loads(file.read_text())["data"]
    return found


def test_the_first_import_makes_the_file(given: Path, ours: Path) -> None:
    assert import_machines(given, ours) == (2, 2)
    assert rows(ours) == [row(1), row(2, status="stopped", rack=7)]


def test_of_two_with_one_id_the_new_one_stays(given: Path, ours: Path) -> None:
    ours.parent.mkdir()
    write(ours, row(0), row(1, name="old"))

    assert import_machines(given, ours) == (2, 3)
    assert [one["name"] for one in rows(ours)] == ["machine000", "machine001", "machine002"]


def test_a_replaced_file_has_only_what_is_new(given: Path, ours: Path) -> None:
    ours.parent.mkdir()
    ours.write_text("broken")

    assert import_machines(given, ours, replace=True) == (2, 2)
    assert [one["id"] for one in rows(ours)] == [1, 2]


@pytest.mark.parametrize("bad", [row(3, cpus=-1), row(1)])
def test_a_bad_row_is_named_and_nothing_is_taken(given: Path, ours: Path, bad: Json) -> None:
    ours.parent.mkdir()
    before = write(ours, row(9)).read_bytes()
    write(given, row(1), bad)

    with pytest.raises(Invalid, match=f"{given}: row 1: "):
        import_machines(given, ours)

    assert ours.read_bytes() == before
    assert [*ours.parent.iterdir()] == [ours]


def test_nothing_is_added_to_a_file_that_is_broken(given: Path, ours: Path) -> None:
    ours.parent.mkdir()
    ours.write_text("broken")

    with pytest.raises(Invalid, match=f"{ours}: Line 1 is not JSON"):
        import_machines(given, ours)

    assert ours.read_text() == "broken"


def test_a_file_that_is_not_there_is_told_of(tmp_path: Path, ours: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be read: No such file"):
        import_machines(tmp_path / "none", ours)


def test_a_place_that_cannot_be_written_is_told_of(given: Path) -> None:
    with pytest.raises(Unavailable, match=r"machines\.json cannot be written: "):
        import_machines(given, given / "machines.json", replace=True)


def test_who_may_read_it_may_go_on_and_a_link_stays_one(given: Path, ours: Path) -> None:
    ours.parent.mkdir()
    real = write(ours.with_name("real.json"))
    real.chmod(0o640)
    ours.symlink_to(real.name)

    import_machines(given, ours)

    assert ours.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert len(rows(real)) == 2


def test_a_reader_sees_the_old_or_the_new_file(given: Path, ours: Path) -> None:
    import_machines(given, ours)
    with ours.open() as opened:
        import_machines(write(given, row(5)), ours)

        assert len(json.load(opened)["data"]) == 2
        assert os.fstat(opened.fileno()).st_ino != ours.stat().st_ino
