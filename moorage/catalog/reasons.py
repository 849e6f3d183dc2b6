"""Why a setting is refused, in our own words and so in the caller's language. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import ValidationError

from moorage.kit.i18n import Text
from moorage.kit.reasons import REQUIRED, UNKNOWN, allowed, with_given

Json = Mapping[str, Any]  # Any: JSON


def reasons(error: ValidationError, asked: Json) -> Iterator[tuple[str, str]]:
    """List the fields of settings that JSON Schema refuses, each with what is wrong with it.

    asked: the schemas of the settings, by name.
    """
    path = [*map(str, error.absolute_path)]
    place = ".".join(["settings", *path])
    schema: Any = error.schema  # Any: JSON, as are those below
    given: Any = error.instance
    if error.validator == "required":
        for name in schema["required"]:
            if name not in given:
                yield f"{place}.{name}", REQUIRED
    elif error.validator == "additionalProperties":
        for name in given:
            if name not in schema.get("properties", {}):
                yield f"{place}.{name}", UNKNOWN
    else:
        rule = _rule(error)
        is_secret = bool(path) and asked.get(path[0], {}).get("writeOnly")
        # What holds others may hold one that is secret.
        is_hidden = is_secret or isinstance(given, dict | list)
        yield place, rule if is_hidden else with_given(rule, given)


def _rule(error: ValidationError) -> Text:
    """Return what is allowed."""
    limit: Any = error.validator_value  # Any: JSON
    if error.validator == "not" or error.schema is False:
        return Text("must be something else")
    if error.validator == "enum":
        return Text("must be one of {values}", values=", ".join(map(str, limit)))
    return allowed(str(error.validator), limit)
