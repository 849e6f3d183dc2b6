"""Images on a real engine: built once, found again, rebuilt when what they are made of changed."""

from pathlib import Path

import anyio
import pytest

from moorage.engines.port import Engine
from moorage.images.recipe import IMAGE_LABEL, Recipe
from moorage.images.service import Images
from moorage.kit.errors import Failed
from tests.images.conftest import Said

pytestmark = [pytest.mark.anyio, pytest.mark.engine]

NOBODY = "127.0.0.1:9/nobody:1"  # the discard port: nothing listens


async def test_an_image_that_is_up_to_date_is_left_alone(
    engine: Engine, tiny: Recipe, said: Said
) -> None:
    await Images().prepare(engine, [tiny], say=said)
    before = await engine.find_image(tiny.ref)
    said.clear()

    assert await Images().prepare(engine, [tiny], say=said) == tiny

    assert await engine.find_image(tiny.ref) == before
    assert said == []


async def test_an_image_is_built_anew_when_a_file_changed(
    engine: Engine, tiny: Recipe, folder: Path, said: Said
) -> None:
    await Images().prepare(engine, [tiny], say=said)
    before = await engine.find_image(tiny.ref)
    (folder / "word").write_text("goodbye\n")

    assert await Images().find(engine, [tiny]) is None
    await Images().prepare(engine, [tiny], say=said)

    assert await Images().find(engine, [tiny]) == tiny
    [image] = await engine.list_images({IMAGE_LABEL: tiny.name})
    assert before is not None
    assert image.id != before.id


async def test_an_overlay_follows_what_it_is_built_on(
    engine: Engine, name: str, folder: Path, tmp_path: Path, said: Said
) -> None:
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    (overlay / "Dockerfile").write_text("ARG SOURCE\nFROM ${SOURCE}\nRUN cp /word /golden\n")
    recipe = Recipe(name, "1", build=folder, overlay=overlay)
    await Images().prepare(engine, [recipe], say=said)
    (folder / "word").write_text("goodbye\n")

    assert await Images().find(engine, [recipe]) is None
    await Images().prepare(engine, [recipe], say=said)

    assert await Images().find(engine, [recipe]) == recipe
    assert len(said.beginning("Building")) == 4


async def test_an_image_without_its_source_is_as_good_as_ever(
    engine: Engine, name: str, folder: Path, said: Said
) -> None:
    recipe = Recipe(name, "1", build=folder, overlay=folder)
    await Images().prepare(engine, [recipe], say=said)

    await engine.remove_image(f"{recipe.ref}-source")

    assert await Images().find(engine, [recipe]) == recipe


async def test_many_who_need_an_image_at_once_have_it_built_once(
    engine: Engine, tiny: Recipe, said: Said
) -> None:
    images = Images()

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(lambda: images.prepare(engine, [tiny], say=said))

    assert len(said.beginning("Building")) == 1


async def test_two_processes_that_build_one_image_both_have_it(
    engine: Engine, tiny: Recipe, said: Said
) -> None:
    one, other = Images(), Images()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: one.prepare(engine, [tiny], say=said))
        tasks.start_soon(lambda: other.prepare(engine, [tiny], say=said))

    assert await Images().find(engine, [tiny]) == tiny


async def test_what_no_registry_gives_is_built(
    engine: Engine, name: str, tiny: Recipe, said: Said
) -> None:
    official = Recipe(name, "2", registry=NOBODY)

    assert await Images(mode="auto").prepare(engine, [official, tiny], say=said) == tiny


async def test_a_registry_that_did_not_answer_is_not_asked_again_at_once(
    engine: Engine, name: str, said: Said
) -> None:
    images = Images(mode="auto")
    for version in ("1", "2"):
        with pytest.raises(Failed):
            await images.prepare(engine, [Recipe(name, version, registry=NOBODY)], say=said)

    assert len(said.beginning("Fetching")) == 1


async def test_mode_registry_builds_nothing(engine: Engine, tiny: Recipe, said: Said) -> None:
    with pytest.raises(Failed, match="MOORAGE_IMAGES=registry allows none"):
        await Images(mode="registry").prepare(engine, [tiny], say=said)


async def test_mode_build_fetches_nothing(engine: Engine, name: str, said: Said) -> None:
    official = Recipe(name, "1", registry=NOBODY)

    with pytest.raises(Failed, match="MOORAGE_IMAGES=build allows none"):
        await Images(mode="build").prepare(engine, [official], say=said)


async def test_every_reason_is_told_when_no_image_can_be_had(
    engine: Engine, name: str, tiny: Recipe, folder: Path, said: Said
) -> None:
    (folder / "Dockerfile").write_text("ARG SOURCE\nFROM ${SOURCE}\nRUN exit 7\n")
    official = Recipe(name, "2", registry=NOBODY)

    with pytest.raises(Failed) as failure:
        await Images().prepare(engine, [official, tiny], say=said)

    assert f"{official.ref}: " in failure.value.message
    assert f"{tiny.ref}: " in failure.value.message
    assert "returned a non-zero code: 7" in failure.value.message
    assert await engine.list_images({IMAGE_LABEL: name}) == []
