"""What is free on this machine, as far as one may look."""

from pathlib import Path

import pytest

from moorage.engines import local
from moorage.engines.port import EngineInfo


def info(root_dir: str) -> EngineInfo:
    """Return what an engine says that keeps its data there."""
    return EngineInfo("28.0.0", 2, 4096, "Debian", "overlay2", root_dir)


def test_what_is_free_on_the_disk_of_the_engine_is_told(tmp_path: Path) -> None:
    measured = local.measured(info(str(tmp_path)))

    assert measured.disk_free_mib is not None
    assert measured.memory_free_mib is not None


@pytest.mark.parametrize("root", ["/nowhere", "", "/" + "x" * 300])
def test_a_disk_that_one_cannot_look_at_is_left_open(root: str) -> None:
    assert local.measured(info(root)).disk_free_mib is None
