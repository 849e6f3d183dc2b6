"""Errors in the door's shape, and the id by which a request is found in the log."""

import logging
from itertools import product

import pytest

from moorage.kit.errors import MoorageError
from moorage.web.errors import PROBLEMS
from tests.make.world import Person, World

pytestmark = pytest.mark.anyio

REDIS = {"resource_name": "redis"}
BUG = RuntimeError("password=hunter2 at /srv/secret")  # no kind of error that anybody expects


@pytest.fixture
def breaking(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Let the engine break, when it is first asked, in a way that nobody expected."""

    async def info() -> None:
        raise BUG

    monkeypatch.setattr(world.engine, "info", info)
    return world


async def test_what_nobody_expected_is_answered_with_an_id_and_no_internals(
    breaking: World, anna: Person, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await anna.http.post("/resource_list", json=REDIS)

    assert answer.status_code == 500
    identifier = answer.json()["request_id"]
    assert answer.json() == {
        "message": f"Something unexpected happened; the log has it under {identifier}.",
        "request_id": identifier,
    }
    assert identifier.startswith("req_")
    assert "RuntimeError" in caplog.text
    assert "Traceback" in caplog.text


async def test_even_that_answer_carries_the_request_id(breaking: World, anna: Person) -> None:
    answer = await anna.http.post("/resource_list", json=REDIS, headers={"X-Request-Id": "r-1"})

    assert answer.headers["X-Request-Id"] == "r-1"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.json()["request_id"] == "r-1"


async def test_a_job_that_breaks_tells_no_internals_and_leaves_nothing(
    world: World,
    anna: Person,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def start_container(_id: str) -> None:
        raise BUG

    monkeypatch.setattr(world.engine, "start_container", start_container)

    answer = await anna.http.post("/resource_list", json=REDIS)

    assert answer.status_code == 503
    assert answer.json()["message"].startswith("Something unexpected happened; the log has it")
    assert "hunter2" not in answer.text
    assert "RuntimeError" in caplog.text
    assert await world.made() == []


async def test_an_unknown_path_is_not_found(subtests: pytest.Subtests, anna: Person) -> None:
    for path in ("/nowhere", "/resource", "/resource/1/2", "/static/../app.py"):
        with subtests.test(path):
            answer = await anna.http.get(path)

            assert answer.status_code == 404
            assert answer.json().keys() == {"message"}
            assert answer.json()["message"].startswith("There is nothing at ")


async def test_a_wrong_method_is_refused_in_the_doors_shape(
    subtests: pytest.Subtests, anna: Person
) -> None:
    for method, path in (("PUT", "/resource_list"), ("GET", "/user"), ("POST", "/healthz")):
        with subtests.test(path):
            answer = await anna.http.request(method, path)

            assert answer.status_code == 405
            assert answer.json() == {"message": f"{method} does not work here."}
            assert answer.headers["Allow"]


async def test_a_request_id_is_echoed_and_a_malformed_one_replaced(anna: Person) -> None:
    good = await anna.http.get("/resource_list", headers={"X-Request-Id": "abc.DEF_1-2"})
    malformed = await anna.http.get("/resource_list", headers={"X-Request-Id": "a b"})
    long = await anna.http.get("/resource_list", headers={"X-Request-Id": "x" * 65})
    none = await anna.http.get("/resource_list")

    assert good.headers["X-Request-Id"] == "abc.DEF_1-2"
    for answer in (malformed, long, none):
        assert answer.headers["X-Request-Id"].startswith("req_")


async def test_every_request_leaves_one_line_with_its_status(
    anna: Person, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "moorage.access")

    await anna.http.get("/resource/1?after=7")

    [line] = [record for record in caplog.records if record.name == "moorage.access"]
    assert line.getMessage() == "GET /resource/1"
    assert vars(line)["status"] == 404


def test_every_kind_of_error_has_a_status() -> None:
    kinds = {kind for kind in every(MoorageError) if kind.__module__ == "moorage.kit.errors"}

    assert all(set(kind.__mro__) & PROBLEMS.keys() for kind in kinds)


def every(kind: type[MoorageError]) -> set[type[MoorageError]]:
    """Return all kinds below one."""
    below = set(kind.__subclasses__())
    return below.union(*map(every, below))


async def test_credentials_that_are_not_even_ascii_are_refused(world: World) -> None:
    credentials = (b"Basic \xff\xfe", b"Basic Zm9v\xe9", b"Bearer \xff")
    paths = ("/resource_list", "/v1/users", "/api/info", "/getAppList", "/api/v1/image")
    for number, (given, path) in enumerate(product(credentials, paths)):
        client = await world.http(address=f"192.0.2.{number}")  # so many from one are not heard

        answer = await client.get(path, headers=[(b"Authorization", given)])

        assert answer.status_code == 401
