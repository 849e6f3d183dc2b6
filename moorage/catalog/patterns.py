"""Patterns of questions, matched in a time that grows with the text alone.

Python's `re` may take hours over thirty characters, and nobody else is answered meanwhile; the
engine behind pydantic cannot: https://docs.rs/regex/latest/regex/#untrusted-input
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend
from pydantic import StringConstraints, TypeAdapter
from pydantic import ValidationError as Mismatch
from pydantic_core import SchemaError


@lru_cache(maxsize=256)
def compiled(pattern: str) -> "TypeAdapter[str]":
    """Return what checks texts. Raises ValueError when there is no such pattern here."""
    try:
        return TypeAdapter(Annotated[str, StringConstraints(pattern=pattern)])
    except SchemaError as error:
        reason = "is no pattern, or has look-around or back-references"
        raise ValueError(f"{pattern!r:.80} {reason}") from error


def _pattern(
    _validator: object, pattern: str, given: object, _schema: object
) -> Iterator[ValidationError]:
    try:
        if isinstance(given, str):
            compiled(pattern).validate_python(given)
    except Mismatch:
        yield ValidationError(f"{given!r:.80} does not match {pattern!r}")


CHECKER: Any = extend(  # type: ignore[no-untyped-call]  # Any: jsonschema says no more
    Draft202012Validator, {"pattern": _pattern}
)
