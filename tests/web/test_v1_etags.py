"""`ETag`, `If-Match`, `If-None-Match`: nobody overwrites what it has not seen."""

import pytest
from pydantic import BaseModel

from moorage.kit.errors import Invalid, PreconditionFailed
from moorage.web import etags
from tests.make.world import Person

pytestmark = pytest.mark.anyio

REDIS = "/v1/blueprints/redis"


class Thing(BaseModel):
    """Something that can be changed."""

    name: str


def tag_of(thing: Thing) -> str:
    return etags.answer(thing).headers["ETag"]


def test_a_tag_is_strong_and_changes_with_what_is_shown() -> None:
    assert tag_of(Thing(name="a")) == tag_of(Thing(name="a"))
    assert tag_of(Thing(name="a")) != tag_of(Thing(name="b"))
    assert tag_of(Thing(name="a")).startswith('"')


def test_a_tag_can_be_of_a_part_and_the_whole_is_still_shown() -> None:
    whole = etags.answer(Thing(name="whole"), of=Thing(name="part"))

    assert whole.headers["ETag"] == tag_of(Thing(name="part"))
    assert whole.body == b'{"name":"whole"}'


async def test_what_was_read_may_be_changed_until_somebody_else_does() -> None:
    thing = Thing(name="a")
    condition = await etags.get_if_match(f'"other", {tag_of(thing)}')

    condition.check(thing)

    with pytest.raises(PreconditionFailed, match="read it again"):
        condition.check(Thing(name="b"))


@pytest.mark.parametrize("header", [None, "*", " * "])
async def test_without_a_condition_anything_may_be_changed(header: str | None) -> None:
    condition = await etags.get_if_match(header)

    condition.check(Thing(name="a"))


async def test_a_weak_tag_is_not_enough_for_a_change() -> None:
    thing = Thing(name="a")
    condition = await etags.get_if_match(f"W/{tag_of(thing)}")

    with pytest.raises(PreconditionFailed):
        condition.check(thing)


@pytest.mark.parametrize("header", ["", "abc", '"abc', '"a" "b"', '"a",', 'w/"a"'])
async def test_a_header_that_holds_no_tags_is_refused_by_name(header: str) -> None:
    with pytest.raises(Invalid, match="If-Match") as refused:
        await etags.get_if_match(header)

    assert refused.value.fields.keys() == {"If-Match"}


async def test_who_has_it_already_gets_no_copy(anna: Person) -> None:
    first = await anna.http.get(REDIS)
    tag = first.headers["ETag"]

    for header in (tag, f"W/{tag}", f'"old", {tag}', "*"):
        again = await anna.http.get(REDIS, headers={"If-None-Match": header})

        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == tag


async def test_who_has_an_old_state_gets_the_new_one(anna: Person) -> None:
    answer = await anna.http.get(REDIS, headers={"If-None-Match": '"old"'})

    assert answer.status_code == 200
    assert answer.json()["name"] == "redis"


async def test_a_bad_header_is_named_as_a_header(anna: Person) -> None:
    answer = await anna.http.get(REDIS, headers={"If-None-Match": "nonsense"})

    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert error["header"] == "If-None-Match"
