"""YAML of strangers: what is read, and what is refused before it does harm."""

import pytest

from moorage.catalog.documents import MAX_BYTES, read
from moorage.kit.errors import Invalid

LAUGHS = "\n".join(
    ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
)


def test_all_documents_of_a_file_are_read() -> None:
    assert read(b"a: 1\n---\n---\nb: [2]\n") == [{"a": 1}, {"b": [2]}]


def test_a_tag_that_only_compose_knows_says_nothing() -> None:
    content = b"a: !reset null\nb: !override [1]\nc: !reset {d: 2}"

    assert read(content) == [{"a": "null", "b": [1], "c": {"d": 2}}]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"x" * (MAX_BYTES + 1), "larger than 1 MiB"),
        (LAUGHS.encode(), "more than 100,000 values"),
        (b"a: [" + b"x, " * 100_001 + b"]", "more than 100,000 values"),
        (b"a: " + b"[" * 900 + b"]" * 900, "more than 50 deep"),
        (b"a: &a [*a]", r"alias \*a is part of itself"),
        (b"a: *gone", "alias"),
        (b"a: [", "not YAML: .*line"),
        (b"a: \xff", "not YAML"),
        (b"{[1]: 2}", "not YAML"),
        (b"", "must be a mapping"),
        (b"[1]", "must be a mapping"),
        (b"a: 1\n---\nb", "must be a mapping"),
    ],
)
def test_what_is_too_much_or_makes_no_sense_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        read(content)
