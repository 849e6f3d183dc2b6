"""`moor login`."""

import json
import stat
from pathlib import Path

import anyio.to_thread
import pytest
from typer.testing import CliRunner

from moorage.cli import app
from tests.cli.conftest import Shell

pytestmark = pytest.mark.anyio


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the place of the login of somebody with a home of its own."""
    monkeypatch.setenv("HOME", str(tmp_path))
    place = tmp_path / ".config/moorage/login.json"
    place.parent.mkdir(parents=True)
    return place


async def test_a_login_that_others_could_read_is_readable_by_its_owner_only(
    anna: Shell, file: Path
) -> None:
    file.write_text("{}")
    file.chmod(0o644)

    await anna.moor("login")

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text())["token"] == anna.person.token


async def test_a_broken_login_is_replaced_by_a_new_one(anna: Shell, file: Path) -> None:
    file.write_text("{")

    broken = CliRunner().invoke(app, ["db", "ls"])
    await anna.moor("login")

    assert "run `moor login` again" in str(broken.exception)
    assert json.loads(file.read_text())["token"] == anna.person.token


def test_an_address_without_a_scheme_is_told_with_one() -> None:
    told = CliRunner().invoke(app, ["db", "ls", "--url", "localhost:8080", "--token", "t"])

    assert str(told.exception) == (
        "--url: localhost:8080 does not say how to speak to it; is it http://localhost:8080?"
    )


async def test_who_gives_no_token_is_asked_for_it_and_told_where_one_is(
    anna: Shell, file: Path
) -> None:
    typed = ["login", "--url", anna.url]

    asked = await anyio.to_thread.run_sync(
        lambda: CliRunner().invoke(app, typed, input=f"\n{anna.person.token}\n")
    )

    assert asked.stdout.count("admin.json of the service's data directory): ") == 2
    assert json.loads(file.read_text())["token"] == anna.person.token
