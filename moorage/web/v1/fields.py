"""Fields of `/v1`: read strictly, refused in the words of the rooms' own rules."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from moorage.kit.errors import Invalid
from moorage.kit.i18n import Text


class In(BaseModel):
    """A body that is sent; it has no fields that we do not know."""

    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    """What is answered about a row."""

    model_config = ConfigDict(from_attributes=True)


def ruled(check: Callable[[str], None]) -> BeforeValidator:
    """Have a text checked by a rule. The answer does not repeat it: it may be a secret."""

    def checked(given: object) -> object:
        if not isinstance(given, str):
            raise _refused(Text("is a text"))
        try:
            check(given)
        except Invalid as error:
            raise _refused(*error.fields.values()) from error
        return given

    return BeforeValidator(checked)


def text(lengths: range | None = None, **more: str) -> WithJsonSchema:
    """Have OpenAPI tell how long a text is, and more."""
    limits = {"minLength": lengths[0], "maxLength": lengths[-1]} if lengths else {}
    return WithJsonSchema({"type": "string", **limits, **more})


def left_out() -> Any:  # Any: as pydantic's own Field
    """Return the default of what a change may leave out, and cannot set to null."""
    return Field(default=None, json_schema_extra=_without_default)


def _without_default(schema: dict[str, Any]) -> None:  # Any: JSON
    del schema["default"]


def _moment(given: object) -> datetime:
    try:
        moment = datetime.fromisoformat(given) if isinstance(given, str) else None
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise _refused(Text("is a time with its zone (RFC 3339), such as 2030-01-31T12:00:00Z"))


def _refused(reason: str) -> PydanticCustomError:
    return PydanticCustomError("rule", "{reason}", {"reason": reason})


Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]
When = Annotated[Moment | None, Query()]
Filter = Annotated[str | None, Query(max_length=200, pattern=r"^[\x20-\x7e]*$")]
