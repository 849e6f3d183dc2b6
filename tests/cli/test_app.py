"""`moor app`."""

import json

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
    assert "info: It runs." in installed.text.splitlines()
    assert json.loads(shown.text)["containers"][0]["name"] == "websoft9-dokuwiki"
    assert listed.text.splitlines()[1].split()[:3] == ["dokuwiki", "2024-02-06b", "9001"]
    assert log.text == "somebody reads\n"
    assert environment["DOKUWIKI_TITLE"] == "Ours"
    assert removed.text == "dokuwiki is gone.\n"
    assert await world.made() == []


async def test_the_catalogue_says_what_needs_a_registry(anna: Shell) -> None:
    ghost = await anna.moor("app", "catalog", "ghost")
    wordpress = await anna.moor("app", "catalog", "wordpress")

    assert ghost.text.startswith("ghost  website  1024  registry  Blogs")
    assert "registry" not in wordpress.text


async def test_what_the_service_refuses_is_the_error_of_the_command(anna: Shell) -> None:
    told = await anna.moor("app", "install", "nothere")

    assert told.error == "There is no app nothere in the catalogue; getAppList lists all."


async def test_a_number_is_one_and_quoted_text_is_text(anna: Shell) -> None:
    number = await anna.moor("app", "install", "dokuwiki", "--set", "DOKUWIKI_TITLE=5")
    text = await anna.moor("app", "install", "dokuwiki", "--set", 'DOKUWIKI_TITLE="5"')

    assert number.error is not None
    assert "DOKUWIKI_TITLE" in number.error
    assert text.error is None
