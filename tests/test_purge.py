"""What `moor purge` removes, and what it leaves alone."""

from pathlib import Path

import anyio.to_thread
import pytest
from typer.testing import CliRunner

from moorage.cli import app
from moorage.config import Settings
from moorage.kit.errors import Conflict, NotFound
from moorage.kit.turn import my_turn
from moorage.purge import check, remove_all
from moorage.world import open_database, turn_file

pytestmark = pytest.mark.anyio


async def make_installation(folder: Path) -> Settings:
    """Make what a service has that ran once."""
    settings = Settings(data_dir=folder)
    async with open_database(settings):
        return settings


async def test_a_folder_without_an_installation_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear Anna")
    settings = Settings(data_dir=tmp_path)

    with pytest.raises(NotFound, match=f"{tmp_path} holds no installation"):
        await remove_all(settings, images=False, say=print)

    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


async def test_nobody_is_asked_while_the_service_runs(tmp_path: Path) -> None:
    settings = await make_installation(tmp_path)

    async with my_turn(turn_file(settings)):
        with pytest.raises(Conflict, match="stop it first"):
            await check(settings)


async def test_nothing_goes_when_nobody_is_there_to_ask(tmp_path: Path) -> None:
    await make_installation(tmp_path)
    typed = ["purge", "--data-dir", str(tmp_path)]

    refused = await anyio.to_thread.run_sync(lambda: CliRunner().invoke(app, typed))

    assert "--yes" in str(refused.exception)
    assert (tmp_path / "moorage.db").exists()


@pytest.mark.engine
async def test_files_of_others_stay_and_are_named(tmp_path: Path) -> None:
    settings = await make_installation(tmp_path)
    for name in ("secret.key", "admin.json", "serve.log", "letter.txt", "poetry.lock"):
        (tmp_path / name).touch()
    (tmp_path / "catalog/app/mine").mkdir(parents=True)
    said: list[str] = []

    await remove_all(settings, images=False, say=said.append)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["letter.txt", "poetry.lock"]
    assert said[-1] == f"{tmp_path} stays: it also holds letter.txt, poetry.lock"


@pytest.mark.engine
async def test_a_folder_of_which_all_is_ours_goes(tmp_path: Path) -> None:
    settings = await make_installation(tmp_path / "data")

    await remove_all(settings, images=False, say=print)

    assert not settings.data_dir.exists()
