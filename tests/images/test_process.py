"""Programs that make images."""

import pytest

from moorage.images.process import run
from moorage.kit.errors import Unavailable
from tests.images.conftest import Said

pytestmark = pytest.mark.anyio


async def test_a_program_that_fails_is_told_of_with_its_last_words(said: Said) -> None:
    with pytest.raises(Unavailable, match="A program failed with exit status 7: E: no mirror"):
        await run("sh", "-c", "echo I: begun; echo E: no mirror; exit 7", say=said)

    assert said == ["I: begun", "E: no mirror"]


async def test_a_program_that_hangs_is_given_up_with_its_last_words(said: Said) -> None:
    with pytest.raises(Unavailable, match=r"A program took longer than 1 s: I: Retrieving"):
        await run("sh", "-c", "echo I: Retrieving; sleep 1000", say=said, timeout_s=1)
