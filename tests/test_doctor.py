"""What `moor doctor` looks at."""

from pathlib import Path

import pytest

from moorage.config import Settings
from moorage.doctor import examine

pytestmark = pytest.mark.anyio


async def test_a_compose_program_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path, docker_host=f"unix://{tmp_path}/none", compose=tmp_path / "none"
    )

    [compose] = [one for one in await examine(settings) if one.what == "compose"]

    assert not compose.is_good
    assert compose.sentence == f"{tmp_path}/none is not there: look at MOORAGE_COMPOSE."


async def test_a_folder_without_an_installation_stays_as_it_is(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, docker_host=f"unix://{tmp_path}/none")

    [database] = [one for one in await examine(settings) if one.what == "database"]

    assert database.is_good
    assert database.sentence == f"`moor serve` will make it in {tmp_path}"
    assert [*tmp_path.iterdir()] == []


async def test_machines_are_not_counted_in_a_file_that_is_not_there(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, docker_host=f"unix://{tmp_path}/none")

    [machines] = [one for one in await examine(settings) if one.what == "machines"]

    assert machines.is_good
    assert machines.sentence == f"no file {tmp_path}/machines.json; there need be none"
