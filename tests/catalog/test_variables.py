"""Variables of Compose files: found where they are, and filled in as Compose does."""

import pytest

from moorage.catalog.variables import env_file, fill, fill_text, passed_on, uses
from moorage.kit.errors import Invalid


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("plain", "plain"),
        ("$A and ${A}", "a and a"),
        ("$$A $${A}", "$A ${A}"),
        ("${A:-x}${B:-x}${E:-x}${E-x}", "axx"),
        ("${A:+x}${B:+x}${E:+x}${E+x}", "xx"),
        ("${A:?no}${A?no}", "aa"),
        ("${B:-${C:-${A}}}", "a"),
        ("${B:-{x}}", "{x}"),
        ("${", "${"),
        ("${A", "${A"),
        ("$1 $-", "$1 $-"),
    ],
)
def test_a_text_is_filled_in(text: str, filled: str) -> None:
    assert fill_text(text, {"A": "a", "E": ""}) == filled


def test_values_of_a_document_are_filled_in_and_keys_are_not() -> None:
    assert fill({"$A": ["$A", 1, None]}, {"A": "a"}) == {"$A": ["a", 1, None]}


def test_every_use_says_where_it_is_and_what_it_falls_back_to() -> None:
    found = list(uses({"a": ["${X:?say it}", "./${Y:-${Z}}/$$N"]}))

    assert [(use.name, use.default, use.is_required) for use in found] == [
        ("X", None, True),
        ("Y", "${Z}", False),
        ("Z", None, False),
    ]
    assert (found[1].place, found[1].before) == (("a", 1), "./")


def test_variables_that_are_passed_on_are_found_in_either_form() -> None:
    services = {
        "a": {"environment": ["A", "B=1", "C="]},
        "b": {"environment": {"D": None, "E": ""}},
        "c": {},
        "d": None,
    }

    assert [use.name for use in passed_on({"services": services})] == ["A", "D"]


def test_variables_that_become_configs_and_secrets_are_found_and_needed() -> None:
    stores = {"a": {"environment": "A"}, "b": {"file": "./b"}, "c": None}

    found = list(passed_on({"configs": stores, "secrets": {"d": {"environment": "D"}}}))

    assert [(use.name, use.is_required) for use in found] == [("A", True), ("D", True)]


def test_variables_too_deep_in_variables_are_refused() -> None:
    with pytest.raises(Invalid, match="more than 20 deep"):
        fill_text("${A:-" * 21 + "}" * 21, {})


def test_an_env_file_is_read() -> None:
    text = "# comment\nA=1\nexport B = two # comment\nC='three # 3'\nD=\"4\"\nE=\nnonsense\n"

    assert env_file(text) == {"A": "1", "B": "two", "C": "three # 3", "D": "4", "E": ""}
