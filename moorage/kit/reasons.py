"""Why a field is refused, in our own words and so in the caller's language. Pure."""

import json
from typing import Any

from pydantic_core import ErrorDetails

from moorage.kit.i18n import Text

UNKNOWN = Text("is unknown; correct its name, or leave it out")


def reason(problem: ErrorDetails) -> Text:
    """Return what is wrong with a field, what is allowed and what was given."""
    kind = problem["type"]
    if kind == "missing":
        return Text("is required")
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


def _rule(problem: ErrorDetails, values: dict[str, Any]) -> str:  # Any: see above
    """Return what is allowed; pydantic's own words, in English, for what is rare."""
    match problem["type"]:
        case "string_type":
            return Text("must be a text")
        case "int_type" | "int_parsing" | "int_from_float" | "int_parsing_size":
            return Text("must be a whole number")
        case "float_type" | "float_parsing" | "finite_number":
            return Text("must be a number")
        case "bool_type" | "bool_parsing":
            return Text("must be true or false")
        case "dict_type" | "model_type" | "model_attributes_type":
            return Text("must be an object")
        case "list_type" | "tuple_type":
            return Text("must be a list")
        case "literal_error" | "enum":
            return Text("must be {allowed}", allowed=values["expected"])
        case "greater_than_equal":
            return Text("must be at least {limit}", limit=values["ge"])
        case "greater_than":
            return Text("must be more than {limit}", limit=values["gt"])
        case "less_than_equal":
            return Text("must be at most {limit}", limit=values["le"])
        case "less_than":
            return Text("must be less than {limit}", limit=values["lt"])
        case "string_too_short":
            return Text("must have at least {limit} characters", limit=values["min_length"])
        case "string_too_long":
            return Text("must have at most {limit} characters", limit=values["max_length"])
        case "too_short":
            return Text("must have {limit} or more entries", limit=values["min_length"])
        case "too_long":
            return Text("must have {limit} or fewer entries", limit=values["max_length"])
        case "string_pattern_mismatch":
            return Text("must match {pattern}", pattern=values["pattern"])
        case "datetime_type" | "datetime_parsing" | "datetime_from_date_parsing":
            return Text("must be a time such as 2030-01-31T12:00:00Z")
        case "timezone_aware":
            return Text("must be a time with its time zone, such as 2030-01-31T12:00:00Z")
        case "value_error":
            return str(values["error"])
    message = problem["msg"]
    return f"{message[:1].lower()}{message[1:]}"
