"""Labels that an owner may write, and how a list is asked for them."""

import pytest

from moorage.instances import labels
from moorage.kit.errors import Invalid


@pytest.mark.parametrize(
    "good",
    [
        {},
        {"a": ""},
        {"team": "Zahlungen & Söhne"},
        {"example.org/cost-centre_1": "x" * 255},
        {"0" * 63: "1"},
        {f"n{number}": "" for number in range(64)},
    ],
)
def test_an_instance_may_have(good: dict[str, str]) -> None:
    labels.check(good)


@pytest.mark.parametrize(
    "bad",
    [
        {"": "x"},
        {"Team": "x"},
        {"-a": "x"},
        {"a b": "x"},
        {"a" * 64: "x"},
        {"a\n": "x"},
        {"a": "x" * 256},
        {"a": "one\ntwo"},
        {f"n{number}": "" for number in range(65)},
    ],
)
def test_an_instance_may_not_have(bad: dict[str, str]) -> None:
    with pytest.raises(Invalid) as caught:
        labels.check(bad)

    assert caught.value.fields.keys() == {"labels"}


def test_a_filter_is_a_name_and_a_value_that_may_have_a_sign_of_its_own() -> None:
    assert labels.pair("env=") == ("env", "")
    assert labels.pair("url=a=b") == ("url", "a=b")


@pytest.mark.parametrize("bad", ["", "env", "=x", "A=x", "a=\x00"])
def test_a_filter_that_is_none_is_refused(bad: str) -> None:
    with pytest.raises(Invalid) as caught:
        labels.pair(bad)

    assert caught.value.fields.keys() == {"label"}
