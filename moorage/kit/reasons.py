"""Why a field is refused, in our own words and so in the caller's language. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic_core import ErrorDetails

from moorage.kit.i18n import Text

REQUIRED = Text("is required")
UNKNOWN = Text("is unknown; correct its name, or leave it out")

_TYPES = {
    "string": Text("must be a text"),
    "integer": Text("must be a whole number"),
    "number": Text("must be a number"),
    "boolean": Text("must be true or false"),
    "object": Text("must be an object"),
    "array": Text("must be a list"),
}

# What pydantic calls them, by kind of error: a type; a keyword, and which value has its limit.
_PYDANTIC_TYPES = {
    "string_type": "string",
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float", "int_parsing_size"), "integer"),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), "number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "boolean"),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "object"),
    **dict.fromkeys(("list_type", "tuple_type"), "array"),
}
_PYDANTIC_LIMITS = {
    "greater_than_equal": ("minimum", "ge"),
    "greater_than": ("exclusiveMinimum", "gt"),
    "less_than_equal": ("maximum", "le"),
    "less_than": ("exclusiveMaximum", "lt"),
    "string_too_short": ("minLength", "min_length"),
    "string_too_long": ("maxLength", "max_length"),
    "too_short": ("minItems", "min_length"),
    "too_long": ("maxItems", "max_length"),
    "string_pattern_mismatch": ("pattern", "pattern"),
}


def reason(problem: ErrorDetails) -> Text:
    """Return what is wrong with a field, what is allowed and what was given."""
    kind = problem["type"]
    if kind == "missing":
        return REQUIRED
    if kind == "extra_forbidden":
        return UNKNOWN
    values: dict[str, Any] = problem.get("ctx", {})  # Any: pydantic's, by kind of error
    if kind == "rule":
        said = values["reason"]
        return said if isinstance(said, Text) else Text("{reason}", reason=said)
    return with_given(_rule(problem, values), problem["input"])


def with_given(said: str, given: object) -> Text:
    """Return a reason that ends with what was given, as JSON has it where Python differs."""
    if given is None or isinstance(given, bool):
        return Text("{reason}; given was {given}", reason=said, given=json.dumps(given))
    return Text("{reason}; given was {given!r:.80}", reason=said, given=given)


def allowed(keyword: str, limit: object) -> Text:
    """Return what a keyword of JSON Schema allows."""
    match keyword:
        case "type" if str(limit) in _TYPES:
            return _TYPES[str(limit)]
        case "pattern":
            return Text("must match {pattern}", pattern=limit)
        case "minLength":
            return Text("must have at least {limit} characters", limit=limit)
        case "maxLength":
            return Text("must have at most {limit} characters", limit=limit)
        case "minItems":
            return Text("must have {limit} or more entries", limit=limit)
        case "maxItems":
            return Text("must have {limit} or fewer entries", limit=limit)
        case "minimum":
            return Text("must be at least {limit}", limit=limit)
        case "maximum":
            return Text("must be at most {limit}", limit=limit)
        case "exclusiveMinimum":
            return Text("must be more than {limit}", limit=limit)
        case "exclusiveMaximum":
            return Text("must be less than {limit}", limit=limit)
    return Text("must keep to {rule}: {limit!r:.80}", rule=keyword, limit=limit)


def _rule(problem: ErrorDetails, values: Mapping[str, Any]) -> str:  # Any: see above
    """Return what is allowed; pydantic's own words, in English, for what is rare."""
    kind = problem["type"]
    if kind in _PYDANTIC_TYPES:
        return allowed("type", _PYDANTIC_TYPES[kind])
    if kind in _PYDANTIC_LIMITS:
        keyword, name = _PYDANTIC_LIMITS[kind]
        return allowed(keyword, values[name])
    match kind:
        case "literal_error" | "enum":
            return Text("must be {allowed}", allowed=values["expected"])
        case "datetime_type" | "datetime_parsing" | "datetime_from_date_parsing":
            return Text("must be a time such as 2030-01-31T12:00:00Z")
        case "timezone_aware":
            return Text("must be a time with its time zone, such as 2030-01-31T12:00:00Z")
        case "value_error":
            return str(values["error"])
    message = problem["msg"]
    return f"{message[:1].lower()}{message[1:]}"
