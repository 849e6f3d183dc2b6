"""Problems of `/v1` as RFC 9457 wants them, and the pages that explain them."""

import re
from pathlib import Path

import httpx
import pytest

from moorage.web import problems
from moorage.web.errors import PROBLEMS
from tests.make.world import Person, World

pytestmark = pytest.mark.anyio

DOCUMENT = Path(__file__).parents[2] / "docs" / "problems.md"


@pytest.fixture
async def nobody(world: World) -> httpx.AsyncClient:
    """Give a caller without credentials."""
    return await world.http()


async def test_every_problem_has_a_page_of_its_own_and_stands_in_the_list(
    subtests: pytest.Subtests, nobody: httpx.AsyncClient
) -> None:
    whole = (await nobody.get(problems.PATH)).text

    for problem in problems.ALL:
        with subtests.test(problem.name):
            page = await nobody.get(problem.type)

            assert page.status_code == 200
            assert f"<h1>{problem.title}</h1>" in page.text
            assert f'href="{problem.type}"' in whole


async def test_the_pages_need_no_scripts_and_only_our_own_files(nobody: httpx.AsyncClient) -> None:
    page = await nobody.get(problems.CONFLICT.type)

    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "<script" not in page.text
    assert "style=" not in page.text
    links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert [(await nobody.get(link)).status_code for link in links] == [200, 200]


async def test_there_is_no_page_about_what_is_no_problem(nobody: httpx.AsyncClient) -> None:
    answer = await nobody.get(f"{problems.PATH}/boredom")

    assert answer.status_code == 404


async def test_problems_are_told_by_type_title_and_request_id(
    subtests: pytest.Subtests, world: World, anna: Person, nobody: httpx.AsyncClient
) -> None:
    large = b'"' + b"x" * (1 << 20) + b'"'
    answers = {
        problems.UNAUTHENTICATED: await nobody.get("/v1/usage"),
        problems.NOT_FOUND: await anna.http.get("/v1/operations/op_none"),
        problems.METHOD_NOT_ALLOWED: await anna.http.delete("/v1/usage"),
        problems.INVALID: await anna.http.get("/v1/usage?limit=1"),
        problems.TOO_LARGE: await anna.http.post("/v1/tokens", content=large),
        problems.DENIED: await anna.http.get("/v1/users"),
    }

    for problem, answer in answers.items():
        with subtests.test(problem.name):
            body = answer.json()
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert (answer.status_code, body["status"]) == (problem.status, problem.status)
            assert (body["type"], body["title"]) == (problem.type, problem.title)
            assert body["request_id"] == answer.headers["X-Request-Id"]
            assert body["detail"]


async def test_bad_fields_of_a_body_are_pointed_at_all_at_once(anna: Person) -> None:
    answer = await anna.http.post("/v1/tokens", json={"scopes": ["fly"], "a/b~c d": 1})

    pointers = [error["pointer"] for error in answer.json()["errors"]]
    assert answer.status_code == 400
    assert pointers == ["#/name", "#/scopes/0", "#/a~1b~0c%20d"]


async def test_a_bad_idempotency_key_is_named_as_a_header(anna: Person) -> None:
    answer = await anna.http.post(
        "/v1/tokens", json={"name": "laptop"}, headers={"Idempotency-Key": "k" * 256}
    )

    assert answer.status_code == 400
    assert [error["header"] for error in answer.json()["errors"]] == ["Idempotency-Key"]


def test_every_kind_of_error_is_a_problem_that_is_listed() -> None:
    assert set(PROBLEMS.values()) <= set(problems.ALL)


def test_names_are_not_used_twice() -> None:
    assert len({problem.name for problem in problems.ALL}) == len(problems.ALL)


def test_the_document_names_every_problem_and_no_other() -> None:
    named = re.findall(r"^\| `([a-z-]+)` \| (\d+) \|", DOCUMENT.read_text(), re.MULTILINE)

    assert named == [(problem.name, str(problem.status)) for problem in problems.ALL]
