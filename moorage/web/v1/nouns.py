"""What all nouns of `/v1` have in common: what they refuse, and the problems they tell of."""

from fastapi import APIRouter, Depends

from moorage.web import bodies
from moorage.web.answers import Documented
from moorage.web.params import refuse_unknown
from moorage.web.problems import OF_STATUS

UNCHANGED: Documented = {304: {"description": "It is what you have: its tag is in If-None-Match."}}


def problems(*statuses: int) -> Documented:
    """Return the part of OpenAPI that tells which problems an operation may answer."""
    return {
        status: {
            "description": " ".join(problem.meaning for problem in OF_STATUS[status]),
            "content": {
                "application/problem+json": {
                    "schema": {"$ref": "#/components/schemas/ProblemOut"},
                    "example": OF_STATUS[status][0].example,
                }
            },
        }
        for status in statuses
    }


def noun(name: str) -> APIRouter:
    """Return the router of a noun: for known callers, who say only what its routes know."""
    return APIRouter(
        prefix=f"/v1/{name}",
        tags=[name],
        dependencies=[Depends(refuse_unknown), Depends(bodies.refuse_unasked)],
        responses=problems(400, 401, 429, 500, 503),
    )
