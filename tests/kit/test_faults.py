"""What is wrong, said all at once."""

import pytest

from moorage.kit.errors import Conflict, Invalid
from moorage.kit.faults import Faults, refused


def refuse(name: str) -> None:
    raise Invalid(f"The {name} is bad.", fields={name: "is bad"})


def test_all_that_was_noted_is_one_error() -> None:
    faults = Faults(Invalid("The name is bad.", fields={"name": "is bad"}))
    with faults.noted():
        refuse("size")

    with pytest.raises(Invalid) as caught:
        faults.check()

    assert caught.value.message == "The name is bad. The size is bad."
    assert caught.value.fields == {"name": "is bad", "size": "is bad"}


def test_without_faults_nothing_is_raised() -> None:
    faults = Faults()
    with faults.noted():
        pass

    faults.check()

    assert faults.fields == {}


def test_sentences_that_are_parts_of_one_can_be_joined_as_such() -> None:
    name = Invalid("name: none", fields={"name": "is required"})
    size = Invalid("size: 0", fields={"size": "is too small"})

    error = Faults(name, size, separator="; ").error()

    assert error.message == "name: none; size: 0"
    assert error.fields == {"name": "is required", "size": "is too small"}


def test_fields_are_refused_in_one_sentence() -> None:
    error = refused({"name": "is required", "size": "is too small"})

    assert error.message == "name: is required; size: is too small."
    assert error.fields == {"name": "is required", "size": "is too small"}


def test_other_errors_pass() -> None:
    with pytest.raises(Conflict), Faults().noted():
        raise Conflict("It is taken.")
