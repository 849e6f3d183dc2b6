"""Recipes: what decides an image's digest, and what does not."""

import os
from pathlib import Path

import pytest

from moorage.images.base import base_ref
from moorage.images.debian import Mirror
from moorage.images.recipe import Recipe
from moorage.kit.errors import Invalid


def digest(recipe: Recipe) -> str:
    """Return the digest of the finished image."""
    return recipe.layers()[-1].digest


def test_the_digest_depends_on_contents_and_not_on_times_or_places(
    folder: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "elsewhere"
    folder.rename(copy)
    folder.mkdir()
    for file in copy.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    os.utime(folder / "word", (1, 1))

    first, second = Recipe("tiny", "1", build=folder), Recipe("tiny", "1", build=copy)
    assert digest(first) == digest(second)


def test_a_changed_file_changes_the_digest(folder: Path) -> None:
    recipe = Recipe("tiny", "1", build=folder)
    before = digest(recipe)

    (folder / "word").write_text("goodbye\n")

    assert digest(recipe) != before


def test_a_file_that_becomes_executable_changes_the_digest(folder: Path) -> None:
    recipe = Recipe("tiny", "1", build=folder)
    before = digest(recipe)

    (folder / "word").chmod(0o755)

    assert digest(recipe) != before


def test_suite_source_and_overlay_change_the_digest(folder: Path) -> None:
    recipes = [
        Recipe("tiny", "1", build=folder),
        Recipe("tiny", "1", build=folder, suite="sid"),
        Recipe("tiny", "1", build=folder, overlay=folder),
        Recipe("tiny", "1", registry="tiny:1", overlay=folder),
        Recipe("tiny", "1", registry="tiny:2", overlay=folder),
        Recipe("tiny", "1", registry="tiny:2"),
    ]

    assert len({digest(recipe) for recipe in recipes}) == len(recipes)


def test_an_overlay_is_built_on_what_the_build_made(folder: Path) -> None:
    build, overlay = Recipe("tiny", "1", build=folder, overlay=folder, suite="sid").layers()

    assert (build.source, build.ref) == (base_ref("sid"), "moorage/tiny:1-source")
    assert (overlay.source, overlay.ref) == (build.ref, "moorage/tiny:1")


def test_an_overlay_is_built_on_what_the_registry_gave(folder: Path) -> None:
    [overlay] = Recipe("tiny", "1", registry="tiny:1.2.3", overlay=folder).layers()

    assert (overlay.source, overlay.ref) == ("tiny:1.2.3", "moorage/tiny:1")


@pytest.mark.parametrize("registry", [None, "tiny:1"])
def test_a_recipe_has_exactly_one_source(registry: str | None, folder: Path) -> None:
    with pytest.raises(Invalid, match="needs one source"):
        Recipe("tiny", "1", registry=registry, build=folder if registry else None)


def test_a_folder_without_a_dockerfile_is_refused(folder: Path) -> None:
    (folder / "Dockerfile").unlink()

    with pytest.raises(Invalid, match="has no Dockerfile"):
        Recipe("tiny", "1", build=folder).layers()


def test_packages_come_with_their_security_updates() -> None:
    mirror = Mirror("file:/debian", "file:/security")

    assert mirror.sources("trixie").splitlines() == [
        "deb file:/debian trixie main",
        "deb file:/security trixie-security main",
    ]


def test_a_rolling_suite_has_no_security_archive() -> None:
    mirror = Mirror("file:/debian", "file:/security")

    assert mirror.sources("sid") == "deb file:/debian sid main\n"
