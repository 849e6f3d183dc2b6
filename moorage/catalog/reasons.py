"""Why a setting is refused, in our own words and so in the caller's language. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import ValidationError

from moorage.kit.i18n import Text
from moorage.kit.reasons import UNKNOWN, with_given

Json = Mapping[str, Any]  # Any: JSON

_KINDS = {
    "string": Text("must be a text"),
    "integer": Text("must be a whole number"),
    "number": Text("must be a number"),
    "boolean": Text("must be true or false"),
    "object": Text("must be an object"),
    "array": Text("must be a list"),
}


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
                yield f"{place}.{name}", Text("is required")
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
    keyword = "not" if error.schema is False else error.validator
    match keyword:
        case "type" if str(limit) in _KINDS:
            return _KINDS[str(limit)]
        case "enum":
            return Text("must be one of {values}", values=", ".join(map(str, limit)))
        case "not":
            return Text("must be something else")
        case "pattern":
            return Text("must match {pattern}", pattern=limit)
        case "minLength":
            return Text("must have at least {limit} characters", limit=limit)
        case "maxLength":
            return Text("must have at most {limit} characters", limit=limit)
        case "minimum":
            return Text("must be at least {limit}", limit=limit)
        case "maximum":
            return Text("must be at most {limit}", limit=limit)
        case "exclusiveMinimum":
            return Text("must be more than {limit}", limit=limit)
        case "exclusiveMaximum":
            return Text("must be less than {limit}", limit=limit)
    return Text("must keep to {rule}: {limit!r:.80}", rule=keyword, limit=limit)
