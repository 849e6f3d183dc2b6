"""Cursors, and where a list goes on."""

from dataclasses import dataclass
from operator import itemgetter

import pytest

from moorage.kit.errors import Invalid
from moorage.kit.paging import Page, after, cursor, listed


@dataclass(frozen=True)
class Thing:
    """Something with an id."""

    id: str


@pytest.mark.parametrize("key", ["ins_01JD", "redis", "a", "anna.b-c_d", "x" * 64])
def test_a_cursor_stands_for_the_key_it_was_made_of(key: str) -> None:
    given = cursor(key)

    assert after(given) == key
    assert given.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize(
    "given",
    [
        "",
        "ins_01J",
        "=",
        "é",
        cursor("redis") + "=",
        cursor("redis") + "\n",
        "A",
        cursor("x" * 65),
        cursor("a b"),
        cursor("a\x00"),
        "cmVkaXN=",
        "cmVkaXO",  # the same bytes as cmVkaXM, were it not for the bits that count for nothing
    ],
)
def test_what_is_no_cursor_of_ours_is_refused_by_name(given: str) -> None:
    with pytest.raises(Invalid, match="cursor") as refused:
        after(given)

    assert refused.value.fields.keys() == {"cursor"}


def test_a_page_goes_on_after_its_last_item_when_one_more_was_read() -> None:
    page = Page(limit=2)
    things = [Thing(name) for name in "edcba"]

    first = listed(things[: page.one_more], page)

    assert first["items"] == [Thing("e"), Thing("d")]
    assert first["next"] is not None
    assert after(first["next"]) == "d"


@pytest.mark.parametrize("number", [0, 1, 2])
def test_the_last_page_has_no_next_one(number: int) -> None:
    things = [("a", 1), ("b", 2)][:number]

    assert listed(things, Page(limit=2), key=itemgetter(0)) == {"items": things, "next": None}
