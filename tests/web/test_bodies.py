"""Bodies that are no JSON object, or more than anybody needs."""

import itertools
import re
from collections.abc import AsyncIterator

import pytest

from moorage.catalog.check import SHOWN_FAULTS
from moorage.instances.models import Instance
from moorage.web.frame import LARGEST_BODY
from tests.make.world import Person, World

pytestmark = pytest.mark.anyio

NO_JSON = (
    b"",
    b"{",
    b"resource_name=redis",
    b'{"resource_name": "redis"} more',
    b"\xff\xfe",
    b'{"resource_name": "\xff"}',
    b'{"resource_name": "redis", "cpus": NaN}',
    b'{"resource_name": "redis", "cpus": Infinity}',
    b"{'resource_name': 'redis'}",
    b'{"resource_name": "redis",}',
    b'{"resource_name": "\\ud800"}',
    b"[" * 500_000,
    b'{"config":' * 100_000,
)


async def test_a_body_that_is_not_json_is_refused(
    subtests: pytest.Subtests, world: World, anna: Person
) -> None:
    for body in NO_JSON:
        with subtests.test(repr(body[:40])):
            answer = await anna.http.post("/resource_list", content=body)

            assert answer.status_code == 400
            assert answer.json()["message"].startswith("The body is not JSON: ")
            assert await world.rows(Instance) == []


async def test_a_body_that_is_no_object_is_refused(subtests: pytest.Subtests, anna: Person) -> None:
    for body in (b"[]", b'"redis"', b"5", b"null", b"true"):
        with subtests.test(repr(body)):
            for answer in (
                await anna.http.post("/resource_list", content=body),
                await anna.http.post("/user", content=body),
                await anna.http.patch("/resource/1", content=body),
            ):
                assert (answer.status_code, answer.json()["message"]) in [
                    (400, "The body must be a JSON object."),
                    (403, "Only an administrator may do this."),
                ]


async def test_a_route_that_takes_no_body_refuses_one_that_says_something(
    subtests: pytest.Subtests, admin: Person
) -> None:
    paths = (await admin.http.get("/openapi.json")).json()["paths"]
    bodiless = [
        (method, re.sub(r"{\w+}", "x", path))
        for path, item in paths.items()
        for method, told in item.items()
        if method != "get" and "requestBody" not in told
    ]
    form = {"content-type": "application/x-www-form-urlencoded"}

    assert {("delete", "/api/ticket"), ("post", "/v1/instances/x/stop")} <= {*bodiless}
    for method, path in bodiless:
        with subtests.test(f"{method} {path}"):
            for body in (b'{"bogus": 1}', b"not json", b"[]"):
                answer = await admin.http.request(method, path, content=body)
                assert answer.status_code == 400
            answer = await admin.http.request(method, path, content=b"bogus=1", headers=form)
            assert answer.status_code == 400
            assert "bogus is no field of this request" in answer.text
            for body in (b"", b"{}"):
                answer = await admin.http.request(method, path, content=body)
                assert answer.status_code in (200, 404)


async def test_deep_nesting_is_refused_at_any_depth(world: World, anna: Person) -> None:
    for field, depth in itertools.product(("config", "name", "more"), (2, 40, 400, 890, 5000)):
        deep = "[" * depth + "]" * depth
        body = f'{{"resource_name": "redis", "{field}": {deep}}}'

        answer = await anna.http.post("/resource_list", content=body)

        assert answer.status_code == 400, (field, depth)
    assert await world.rows(Instance) == []


async def test_a_name_that_is_there_twice_is_refused_as_one_would_be_lost(anna: Person) -> None:
    bodies = (
        b'{"resource_name": "mysql", "resource_name": "redis"}',
        b'{"resource_name": "redis", "config": {"resource_name": 1, "resource_name": 2}}',
    )

    for body in bodies:
        answer = await anna.http.post("/resource_list", content=body)

        assert answer.status_code == 400
        assert answer.json()["errors"] == {"resource_name": "is there twice"}


async def test_numbers_beyond_all_measure_are_refused(
    subtests: pytest.Subtests, world: World, anna: Person
) -> None:
    for number in (b"1e999", b"-1e999", b"1e-999", b"1" * 5000):
        with subtests.test(repr(number[:10])):
            for field in (b"cpus", b"memory_mib"):
                body = b'{"resource_name": "redis", "' + field + b'": ' + number + b"}"
                answer = await anna.http.post("/resource_list", content=body)
                assert answer.status_code == 400, answer.text
            assert await world.rows(Instance) == []


async def test_a_body_that_is_too_large_is_refused(anna: Person) -> None:
    answer = await anna.http.post("/resource_list", content=b" " * (LARGEST_BODY + 1))

    assert answer.status_code == 413
    assert answer.json() == {"message": f"The body is larger than {LARGEST_BODY} bytes; send less."}


@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded"])
async def test_a_body_without_a_length_is_read_up_to_the_limit_only(
    admin: Person, content_type: str
) -> None:
    sent = itertools.count()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            next(sent)
            yield b" " * 65_536

    answer = await admin.http.post(
        "/user", content=endless(), headers={"Content-Type": content_type}
    )

    assert answer.status_code == 413
    assert next(sent) <= LARGEST_BODY // 65_536 + 2


async def test_a_body_of_the_largest_size_is_read(anna: Person) -> None:
    body = b'{"resource_name": "redis"}'.ljust(LARGEST_BODY)

    answer = await anna.http.post("/resource_list", content=body)

    assert answer.status_code == 201


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary="])
async def test_a_form_that_cannot_be_read_is_refused(admin: Person, content_type: str) -> None:
    answer = await admin.http.post(
        "/user", content=b"--x\r\nnonsense", headers={"Content-Type": content_type}
    )

    assert answer.status_code == 400
    assert answer.json()["message"]


async def test_a_file_in_a_form_is_refused(admin: Person) -> None:
    answer = await admin.http.post("/user", files={"username": ("bob.txt", b"bob")})

    assert answer.status_code == 400


@pytest.mark.parametrize("name", ["тест", "%D1%82%D0%B5%D1%81%D1%82"])
async def test_a_form_is_utf_8_percent_encoded_or_not(anna: Person, name: str) -> None:
    answer = await anna.http.post(
        "/getAppInfo",
        content=f"appName={name}".encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )

    assert "'тест'" in answer.json()["message"]


async def test_a_form_is_one_however_its_media_type_is_written(world: World) -> None:
    admin = await world.person(role="admin")

    answer = await admin.http.post(
        "/user",
        content=b"username=bob",
        headers={"Content-Type": "Application/X-WWW-Form-Urlencoded"},
    )

    assert answer.status_code == 201


async def test_what_was_given_is_shown_in_its_own_letters(anna: Person) -> None:
    order = {"resource_name": "mysql", "config": {"MYSQL_DATABASE": "база"}}

    answer = await anna.http.post("/resource_list", json=order)

    assert '"база"' in answer.json()["message"]


async def test_a_form_that_is_not_utf_8_is_refused(anna: Person) -> None:
    for content in (b"appName=\xff", b"appName=%ff"):
        answer = await anna.http.post(
            "/getAppInfo",
            content=content,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )

        assert (answer.status_code, answer.json()["message"]) == (400, "The form is not UTF-8.")


async def test_what_is_wrong_with_a_field_is_said_in_the_language_of_the_caller(
    anna: Person,
) -> None:
    answers = [
        await anna.http.post(
            "/resource_list",
            json={"resource_name": "redis", "memory_mib": "64"},
            headers={"Accept-Language": "zh"},
        ),
        await anna.http.get("/v1/instances?limit=x", headers={"Accept-Language": "ru"}),
    ]

    assert "必须是整数" in answers[0].json()["message"]
    assert "должно быть целым числом" in answers[1].json()["detail"]


async def test_what_nobody_could_mean_is_refused_before_each_field_is_named(
    world: World, anna: Person
) -> None:
    fields = {f"field{number}": 1 for number in range(1001)}
    nobody = await world.http()

    answers = [
        await nobody.post("/api/ticket", json=fields),
        await nobody.post("/api/ticket", data=fields),
        await anna.http.post("/getAppInfo", json=fields),
        await anna.http.post("/v1/instances", json=fields),
        await anna.http.get("/v1/instances", params=fields),
    ]

    for answer in answers:
        assert answer.status_code == 400
        assert "send fewer" in answer.text
        assert "field1000" not in answer.text


async def test_of_many_unknown_options_the_first_have_a_hint_and_all_are_named(
    anna: Person,
) -> None:
    config = {f"--max-connection{number}": 1 for number in range(100)}

    answer = await anna.http.post(
        "/resource_list", json={"resource_name": "mysql", "config": config}
    )

    reasons = answer.json()["errors"].values()
    assert (answer.status_code, len(reasons)) == (400, 100)
    assert sum("did you mean" in reason for reason in reasons) == SHOWN_FAULTS
