"""The five kinds of expected failure."""

import pytest

from moorage.kit.errors import (
    Conflict,
    Denied,
    Invalid,
    KeyReused,
    MoorageError,
    NotFound,
    QuotaExceeded,
    Throttled,
    Unauthenticated,
    Unavailable,
)


@pytest.mark.parametrize("kind", [Invalid, Denied, NotFound, Conflict, Unavailable])
def test_every_kind_carries_a_sentence_and_a_detail_that_it_does_not_show(
    kind: type[MoorageError],
) -> None:
    error = kind("Try again.", detail="errno 7")

    assert str(error) == error.message == "Try again."
    assert error.detail == "errno 7"


def test_bad_fields_are_named_one_by_one() -> None:
    given = {"name": "is too long"}

    error = Invalid("The order is wrong.", fields=given)
    given["name"] = "changed later"

    assert error.fields == {"name": "is too long"}
    assert Invalid("The order is wrong.").fields == {}


def test_special_kinds_belong_to_a_general_one() -> None:
    throttled = Throttled("Wait.", retry_after_s=5)
    exceeded = QuotaExceeded("Enough.", in_use=1, reserved=2, limit=3)

    assert isinstance(throttled, Denied)
    assert isinstance(exceeded, Denied)
    assert issubclass(Unauthenticated, Denied)
    assert issubclass(KeyReused, Conflict)
    assert throttled.retry_after_s == 5
    assert (exceeded.in_use, exceeded.reserved, exceeded.limit) == (1, 2, 3)
