"""`/openapi.json`: what clients are generated from."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from tests.make.world import Person, World

pytestmark = pytest.mark.anyio

Json = dict[str, Any]  # Any: JSON
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
async def schema(world: World) -> Json:
    """Give the document as anybody gets it."""
    answer = await (await world.http()).get("/openapi.json")
    assert answer.status_code == 200
    document: Json = answer.json()
    return document


async def test_it_is_openapi_3_1_with_all_ways_to_prove_who_is_calling(schema: Json) -> None:
    assert schema["openapi"].startswith("3.1.")
    assert schema["info"]["title"] == "Moorage"
    assert schema["info"]["version"]
    schemes = schema["components"]["securitySchemes"]
    assert {(one["type"], one.get("scheme") or one["name"]) for one in schemes.values()} == {
        ("http", "bearer"),
        ("apiKey", "X-Auth-Token"),
        ("http", "basic"),
    }
    assert schema["security"] == [{name: []} for name in schemes]


async def test_every_group_of_operations_is_explained_and_v1_comes_first(schema: Json) -> None:
    groups = {tag: path for _, path, told in operations(schema) for tag in told["tags"]}
    explained = [tag["name"] for tag in schema["tags"]]

    is_v1 = [groups[name].startswith("/v1/") for name in explained]

    assert {*explained} == {*groups}
    assert is_v1 == sorted(is_v1, reverse=True)


async def test_it_names_every_route_that_is_meant_to_be_called(world: World, schema: Json) -> None:
    routes = {
        (method.lower(), str(context.path).replace(":path}", "}"))
        for context in iter_route_contexts(world.app.routes)
        if getattr(context.original_route, "include_in_schema", True)
        for method in context.methods or ()
    }

    assert {(method, path) for method, path, _ in operations(schema)} == routes


async def test_every_reference_in_it_leads_somewhere(schema: Json) -> None:
    for reference in references(schema):
        place: Any = schema  # Any: JSON
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


async def test_every_operation_has_an_id_of_its_own_a_summary_and_answers(schema: Json) -> None:
    found = [operation for *_, operation in operations(schema)]

    assert len({operation["operationId"] for operation in found}) == len(found)
    for operation in found:
        assert operation["summary"]
        assert any(status.startswith("2") for status in operation["responses"])


async def test_guarded_operations_tell_of_401_and_open_ones_need_nothing(schema: Json) -> None:
    open_ones = {("get", path) for path in ("/healthz", "/readyz", "/metrics", "/api/status")}
    for method, path, operation in operations(schema):
        if (method, path) in open_ones | {("post", "/api/ticket")}:
            assert operation["security"] == []
        else:
            assert "security" not in operation
            assert "401" in operation["responses"]


async def test_the_example_of_an_order_can_be_ordered(schema: Json, anna: Person) -> None:
    body = schema["paths"]["/resource_list"]["post"]["requestBody"]
    example = body["content"]["application/json"]["example"]

    answer = await anna.http.post("/resource_list", json=example)

    assert answer.status_code == 201


async def test_answers_have_the_fields_that_the_document_promises(
    schema: Json, anna: Person
) -> None:
    order = {"resource_name": "redis"}
    answers = {
        "ResourceOut": (await anna.http.post("/resource_list", json=order)).json(),
        "ResourceItem": (await anna.http.get("/resource_list")).json()["data"][0],
        "ResourceShown": (await anna.http.get("/resource/1")).json(),
        "ErrorOut": (await anna.http.get("/resource/2")).json() | {"errors": {}},
        "DeletedOut": (await anna.http.delete("/resource/1?keep_data=true")).json(),
    }

    for name, answer in answers.items():
        assert schema["components"]["schemas"][name]["properties"].keys() == answer.keys()


def operations(schema: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield (method, path, operation)."""
    for path, item in schema["paths"].items():
        for method in item.keys() & METHODS:
            yield method, path, item[method]


def references(part: object) -> Iterator[str]:
    """Yield every `$ref` below."""
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)
