"""What `/openapi.json` says of `/v1`: every answer that there may be, and what it looks like."""

from collections.abc import Iterator
from typing import Any

import pytest

from moorage.web.problems import OF_STATUS
from tests.make.world import Person, World

pytestmark = pytest.mark.anyio

Json = dict[str, Any]  # Any: JSON

EVERYWHERE = {400, 401, 429, 500, 503}
# What an operation takes → what it may answer.
BY_HEADER = {
    "Idempotency-Key": {409, 422},
    "If-Match": {412},
    "If-None-Match": {304},
}


@pytest.fixture
async def schema(world: World) -> Json:
    """Give the document."""
    document: Json = (await (await world.http()).get("/openapi.json")).json()
    return document


async def test_every_operation_tells_of_all_that_it_may_answer(
    subtests: pytest.Subtests, schema: Json
) -> None:
    for method, path, operation in operations(schema):
        with subtests.test(path, method=method):
            expected = EVERYWHERE | ({404} if "{" in path else set())
            expected |= set() if method == "get" else {403}
            expected |= {413} if "requestBody" in operation else set()
            for parameter in operation.get("parameters", ()):
                expected |= BY_HEADER.get(parameter["name"], set())

            assert expected <= set(map(int, operation["responses"]))


async def test_every_problem_that_is_told_of_is_one(schema: Json) -> None:
    for _, _, operation in operations(schema):
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                [(content_type, content)] = answer["content"].items()
                types = [problem.type for problem in OF_STATUS[int(status)]]
                assert content_type == "application/problem+json"
                assert content["schema"] == {"$ref": "#/components/schemas/ProblemOut"}
                assert content["example"]["type"] in types


async def test_answers_have_the_fields_that_the_document_promises(
    subtests: pytest.Subtests, schema: Json, anna: Person, admin: Person
) -> None:
    await anna.http.post("/resource_list", json={"resource_name": "redis"})
    answers = {
        "/v1/blueprints": await anna.http.get("/v1/blueprints"),
        "/v1/blueprints/{blueprint}": await anna.http.get("/v1/blueprints/mysql"),
        "/v1/servers": await anna.http.get("/v1/servers"),
        "/v1/servers/{server}": await admin.http.get("/v1/servers/local"),
        "/v1/usage": await anna.http.get("/v1/usage"),
    }

    for path, answer in answers.items():
        with subtests.test(path):
            content = schema["paths"][path]["get"]["responses"]["200"]["content"]

            check_fields(schema, content["application/json"]["schema"], answer.json())


async def test_a_problem_has_the_fields_that_the_document_promises(
    schema: Json, anna: Person
) -> None:
    answer = await anna.http.get("/v1/usage?colour=red")

    promised = schema["components"]["schemas"]["ProblemOut"]["properties"].keys()
    assert answer.json().keys() <= promised
    assert answer.json()["errors"][0].keys() <= (
        schema["components"]["schemas"]["FaultOut"]["properties"].keys()
    )


def operations(schema: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield (method, path, operation) of the native API."""
    for path, item in schema["paths"].items():
        if path.startswith("/v1/"):
            for method, operation in item.items():
                yield method, path, operation


def check_fields(document: Json, schema: Json, value: object) -> None:
    """Assert that all objects in a value have just the fields of their schema."""
    schema = named(document, schema)
    if isinstance(value, list):
        for item in value:
            check_fields(document, schema["items"], item)
    elif isinstance(value, dict):
        assert value.keys() == schema["properties"].keys()
        for name, inner in value.items():
            check_fields(document, schema["properties"][name], inner)


def named(document: Json, schema: Json) -> Json:
    """Return the schema that is meant: behind a reference, or beside null."""
    for choice in schema.get("anyOf", ()):
        if "$ref" in choice or "items" in choice:
            return named(document, choice)
    name = schema.get("$ref", "").rpartition("/")[2]
    return document["components"]["schemas"][name] if name else schema
