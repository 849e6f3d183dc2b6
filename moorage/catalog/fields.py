"""Models made from data, with every wrong field named. Pure."""

import json
from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from moorage.kit.errors import Invalid
from moorage.kit.reasons import reason

Model = TypeVar("Model", bound=BaseModel)


def built(kind: type[Model], parts: Mapping[str, object]) -> Model:
    """Make a model of plain data. Raises Invalid with all fields that are wrong."""
    try:
        return kind.model_validate_json(json.dumps(parts))
    except TypeError as error:
        raise Invalid(f"holds something that JSON has not: {error}") from error
    except ValidationError as error:
        fields = {
            ".".join(str(part) for part in fault["loc"]): _reason(fault)
            for fault in error.errors(include_url=False)
        }
        sentences = (f"{where}: {reason}" if where else reason for where, reason in fields.items())
        raise Invalid("; ".join(sentences), fields=fields) from error


def _reason(fault: ErrorDetails) -> str:
    """Return what is wrong; what we say ourselves stands alone, as it may be about all of it."""
    return str(fault["ctx"]["error"]) if fault["type"] == "value_error" else reason(fault)
