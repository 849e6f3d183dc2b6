"""Answers that may take long, of which the last one is kept."""

import asyncio
import math

import pytest

from moorage.kit.errors import Unavailable
from moorage.kit.kept import Kept

pytestmark = pytest.mark.anyio


class Oracle:
    """Answers how often it was asked, when it may."""

    def __init__(self) -> None:
        self.asked = 0
        self.may = asyncio.Event()
        self.may.set()
        self.error: Exception | None = None

    async def ask(self) -> int:
        self.asked += 1
        await self.may.wait()
        if self.error is not None:
            raise self.error
        return self.asked


def kept(oracle: Oracle, *, fresh_s: float = 0, within_s: float = 10) -> Kept[int]:
    return Kept(oracle.ask, 0, fresh_s=fresh_s, within_s=within_s)


async def test_a_fresh_answer_is_not_asked_for_again() -> None:
    answers = kept(Oracle(), fresh_s=math.inf)

    assert [await answers.get(), await answers.get()] == [1, 1]
    assert answers.is_fresh


async def test_an_answer_that_is_old_is_asked_for_again() -> None:
    answers = kept(Oracle())

    assert [await answers.get(), await answers.get()] == [1, 2]


async def test_a_fresh_answer_does_not_hold_when_something_has_changed() -> None:
    changes = [False, True]
    answers = Kept(
        Oracle().ask, 0, fresh_s=math.inf, within_s=10, has_changed=lambda: changes.pop(0)
    )

    assert [await answers.get() for _ in range(3)] == [1, 1, 2]


async def test_many_who_ask_at_once_ask_once() -> None:
    oracle = Oracle()
    answers = kept(oracle)

    assert await asyncio.gather(*(answers.get() for _ in range(5))) == [1] * 5
    assert oracle.asked == 1


async def test_nobody_waits_longer_than_allowed_and_only_the_first_do() -> None:
    oracle = Oracle()
    answers = kept(oracle, fresh_s=math.inf, within_s=0.05)
    oracle.may.clear()

    async with asyncio.timeout(5):
        late = await answers.get()
        assert [await answers.get() for _ in range(100)] == [0] * 100
    oracle.may.set()
    while not (told := await answers.get()):
        await asyncio.sleep(0)

    assert (late, told) == (0, 1)


async def test_a_failure_keeps_the_last_answer_and_says_why_until_it_is_over() -> None:
    oracle = Oracle()
    answers = kept(oracle)
    first = await answers.get()

    oracle.error = Unavailable("It is away.")
    during, problem = await answers.get(), answers.problem
    oracle.error = None
    after = await answers.get()

    assert (first, during, problem) == (1, 1, "It is away.")
    assert (after, answers.problem) == (3, None)


async def test_a_bug_is_not_kept_from_whoever_asks() -> None:
    oracle = Oracle()
    oracle.error = ZeroDivisionError()

    with pytest.raises(ZeroDivisionError):
        await kept(oracle).get()


async def test_whoever_gives_up_does_not_end_it_for_others() -> None:
    oracle = Oracle()
    answers = kept(oracle)
    oracle.may.clear()
    impatient, patient = (asyncio.create_task(answers.get()) for _ in range(2))
    await asyncio.sleep(0)

    impatient.cancel()
    oracle.may.set()

    assert await patient == 1


async def test_what_is_closed_asks_no_more() -> None:
    oracle = Oracle()
    answers = kept(oracle, within_s=0.01)
    oracle.may.clear()
    await answers.get()

    await answers.close()

    assert oracle.asked == 1
    assert not answers.is_fresh
