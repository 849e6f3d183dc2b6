"""How doors answer, and how OpenAPI tells of it."""

from collections.abc import Mapping
from typing import Any

from fastapi.responses import JSONResponse
from pydantic import BaseModel

from moorage.idempotency.service import Answer
from moorage.operations.models import Operation

Documented = dict[int | str, dict[str, Any]]  # Any: FastAPI's own type

REMOVED_WITHIN_S = 120  # that long an answer waits until something is gone
LOCATED = {"Location": {"description": "The operation.", "schema": {"type": "string"}}}


def respond(answer: Answer) -> JSONResponse:
    """Return the answer as it goes out."""
    return JSONResponse(answer.body, answer.status, dict(answer.headers))


def location(operation: Operation) -> str:
    """Return where an operation can be followed."""
    return f"/v1/operations/{operation.id}"


def located(operation: Operation, status: int, body: object) -> Answer:
    """Return an answer that says where its operation can be followed."""
    return Answer(status, {"Location": location(operation)}, body)


def errors(model: type[BaseModel], sentences: Mapping[int, str]) -> Documented:
    """Return the part of OpenAPI that tells when which status is answered, and in which shape."""
    return {status: {"model": model, "description": text} for status, text in sentences.items()}
