"""`moor user import`."""

import json
from pathlib import Path

from typer.testing import CliRunner

from moorage.cli import app

PASSWORD = "correct horse"


def import_users(folder: Path, content: object, *options: str) -> tuple[str, str | None]:
    """Import a file, and return what is printed and the error it ended with."""
    file = folder / "users.json"
    file.write_text(json.dumps(content))
    typed = ["user", "import", str(file), "--data-dir", str(folder / "data"), *options]
    result = CliRunner().invoke(app, typed)
    return result.stdout, str(result.exception) if result.exception else None


def test_users_are_added_and_those_that_are_there_are_told_of(tmp_path: Path) -> None:
    anna, bob = [{"username": name, "password": PASSWORD} for name in ("anna", "bob")]

    first = import_users(tmp_path, {"users": [anna]})
    second = import_users(tmp_path, [anna, bob])
    third = import_users(tmp_path, [anna, bob], "--json")

    assert first == ("anna was added\n", None)
    assert second == ("bob was added\nanna is there and stays as it is\n", None)
    assert json.loads(third[0]) == {"added": [], "skipped": ["anna", "bob"]}


def test_a_file_with_a_bad_row_is_refused_whole(tmp_path: Path) -> None:
    good, bad = {"username": "anna", "password": PASSWORD}, {"username": "bob", "password": ""}

    told, error = import_users(tmp_path, [good, bad])
    after, _ = import_users(tmp_path, [good])

    assert told == ""
    assert error == ("Nothing was imported. [1]: Expected `str` of length >= 1 - at `$.password`.")
    assert after == "anna was added\n"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["user", "import", str(tmp_path / "none.json")])

    assert result.exit_code == 2
    assert "none.json" in result.output.replace("\n", "")
