"""Lists of `/v1`: pages by cursor, and query parameters that are known."""

from typing import Annotated

import httpx
import pytest
from fastapi import Depends, FastAPI, Query

from moorage.identity.rules import Caller
from moorage.web import deps, errors
from moorage.web.params import refuse_unknown
from tests.make.world import Person

pytestmark = pytest.mark.anyio

LIST = "/v1/blueprints"


async def test_pages_follow_each_other_and_the_last_one_says_so(anna: Person) -> None:
    whole = (await anna.http.get(LIST)).json()["items"]

    found: list[object] = []
    cursor: dict[str, str] = {}
    while cursor or not found:
        page = (await anna.http.get(LIST, params={"limit": "2", **cursor})).json()
        assert len(page["items"]) <= 2
        found += page["items"]
        cursor = {"cursor": page["next"]} if page["next"] else {}

    assert len(whole) > 2
    assert found == whole


@pytest.mark.parametrize("limit", ["0", "201", "-1", "many", "", "1.5"])
async def test_a_limit_out_of_range_is_refused_by_name(anna: Person, limit: str) -> None:
    answer = await anna.http.get(LIST, params={"limit": limit})

    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert error["parameter"] == "limit"
    assert repr(limit) in error["detail"]


@pytest.mark.parametrize("cursor", ["", "x", "%00", "../../etc", "bXlzcWw=", "a" * 10_000])
async def test_a_cursor_that_no_list_gave_is_refused(anna: Person, cursor: str) -> None:
    answer = await anna.http.get(LIST, params={"cursor": cursor})

    assert answer.status_code == 400
    assert [error["parameter"] for error in answer.json()["errors"]] == ["cursor"]


async def test_unknown_parameters_are_refused_all_at_once_with_those_there_are(
    anna: Person,
) -> None:
    answer = await anna.http.get(f"{LIST}?colour=red&limt=5&limit=5")

    reason = "is no parameter here; there are cursor, kind, limit"
    assert answer.status_code == 400
    assert answer.json()["type"] == "/docs/problems/invalid"
    assert answer.json()["errors"] == [
        {"parameter": "colour", "detail": reason},
        {"parameter": "limt", "detail": reason},
    ]


async def test_a_route_without_parameters_takes_none(anna: Person) -> None:
    answer = await anna.http.get(f"{LIST}/redis?verbose=1")

    assert answer.status_code == 400
    assert answer.json()["detail"] == "'verbose' is no parameter here; there are none."


async def test_a_parameter_that_is_there_twice_is_refused(anna: Person) -> None:
    answer = await anna.http.get(f"{LIST}?limit=5&limit=6")

    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {"parameter": "limit", "detail": "is there twice; give it once"}
    ]


async def test_only_who_is_known_learns_which_parameters_there_are(anna: Person) -> None:
    del anna.http.headers["Authorization"]

    answer = await anna.http.get(f"{LIST}?colour=red")

    assert answer.status_code == 401
    assert "limit" not in answer.text


async def test_a_list_may_come_several_times() -> None:
    app = FastAPI(dependencies=[Depends(refuse_unknown)])
    app.dependency_overrides[deps.get_caller] = lambda: Caller("usr_1", "anna", "user", frozenset())
    errors.install(app)

    @app.get("/v1/things")
    async def list_things(status: Annotated[list[str] | None, Query()] = None) -> list[str]:
        return status or []

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as http:
        answer = await http.get("/v1/things?status=up&status=down")

    assert answer.json() == ["up", "down"]
