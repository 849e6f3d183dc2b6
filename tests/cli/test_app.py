"""`moor app`."""

import json
import re

import pytest

from tests.cli.conftest import Shell
from tests.make.world import World

pytestmark = pytest.mark.anyio


async def test_an_app_is_found_installed_shown_listed_and_removed(
    world: World, anna: Shell
) -> None:
    found = await anna.moor("app", "catalog", "wiki")
    installed = await anna.moor(
        "app", "install", "dokuwiki", "--set", "DOKUWIKI_TITLE=Ours", "--name", "notes"
    )
    shown = await anna.moor("app", "show", "dokuwiki", "--json")
    listed = await anna.moor("app", "ls")
    world.engine.write("websoft9-dokuwiki", "somebody reads")
    log = await anna.moor("instance", "logs", "notes", "--service", "dokuwiki", "--tail", "1")
    environment = world.engine.containers["websoft9-dokuwiki"].spec.environment
    removed = await anna.moor("app", "rm", "dokuwiki", "--yes")

    assert any(line.startswith("dokuwiki ") for line in found.text.splitlines())
    assert installed.text.splitlines()[:6] == [
        "app: dokuwiki",
        "name: notes",
        "version: 2024-02-06b",
        "status: running",
        "info: It runs.",
        "url: http://127.0.0.1:9001",
    ]
    assert json.loads(shown.text)["containers"][0]["name"] == "websoft9-dokuwiki"
    assert listed.text.splitlines()[1].split()[:3] == ["dokuwiki", "notes", "2024-02-06b"]
    assert log.text == "somebody reads\n"
    assert environment["DOKUWIKI_TITLE"] == "Ours"
    assert removed.text == "dokuwiki is gone.\n"
    assert await world.made() == []


async def test_the_catalogue_says_what_needs_a_registry(anna: Shell) -> None:
    ghost = await anna.moor("app", "catalog", "ghost")
    wordpress = await anna.moor("app", "catalog", "wordpress")

    assert re.search(r"^ghost +website +1024 +registry +Blogs", ghost.text, re.MULTILINE)
    assert "registry" not in wordpress.text


async def test_what_the_service_refuses_is_the_error_of_the_command(anna: Shell) -> None:
    told = await anna.moor("app", "install", "nothere")

    assert told.error == ("There is no app nothere in the catalogue; `moor app catalog` lists all.")


async def test_an_app_is_stopped_and_started_by_its_own_name(anna: Shell) -> None:
    await anna.moor("app", "install", "dokuwiki", "--name", "notes")

    stopped = await anna.moor("app", "stop", "dokuwiki")
    shown = await anna.moor("app", "show", "dokuwiki")
    started = await anna.moor("app", "start", "dokuwiki")

    assert stopped.text.endswith(": instance.stop succeeded\n")
    assert "status: not running" in shown.text.splitlines()
    assert started.text.endswith(": instance.start succeeded\n")


async def test_the_first_login_of_an_app_is_shown(anna: Shell) -> None:
    await anna.moor("app", "install", "dokuwiki")

    told = (await anna.moor("app", "credentials", "dokuwiki")).text.splitlines()

    assert told[:2] == ["url: http://127.0.0.1:9001", "user: admin"]
    assert told[2].startswith("password: ")
    assert len(told[2]) > len("password: ") + 20


async def test_who_does_not_wait_for_an_app_is_told_where_to_look(anna: Shell) -> None:
    told = await anna.moor("app", "install", "dokuwiki", "--no-wait")

    assert told.text == "dokuwiki is being installed: moor app show dokuwiki\n"


async def test_a_number_is_one_and_quoted_text_is_text(anna: Shell) -> None:
    number = await anna.moor("app", "install", "dokuwiki", "--set", "DOKUWIKI_TITLE=5")
    text = await anna.moor("app", "install", "dokuwiki", "--set", 'DOKUWIKI_TITLE="5"')

    assert number.error is not None
    assert "DOKUWIKI_TITLE" in number.error
    assert text.error is None
