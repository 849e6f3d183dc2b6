"""The manners of the apps door: its envelope, its languages, other sites, OpenAPI."""

import pytest
from fastapi.routing import APIRoute

from moorage.web import shapes
from moorage.web.apps.routes import router
from tests.make.apps import answered, asked, installed
from tests.make.world import Person, World

pytestmark = pytest.mark.anyio

CHANGING = {"/installApp", "/uninstallApp", "/uninstallAllApp"}


def test_errors_have_the_shape_of_this_door_on_all_of_its_paths() -> None:
    paths = {route.path for route in router.routes if isinstance(route, APIRoute)}

    assert paths == set(shapes.APPS)


@pytest.mark.parametrize("path", shapes.APPS)
async def test_whoever_cannot_be_heard_is_told_by_the_status_too(
    world: World, anna: Person, path: str
) -> None:
    reader = await world.person(scopes=("read",))

    answers = {
        401: await (await world.http()).get(path),
        400: await anna.http.post(path, content=b"{"),
        405: await anna.http.delete(path),
        413: await anna.http.post(path, content=b" " * (1 << 20) + b"{}"),
    }
    if path in CHANGING:
        answers[403] = await reader.http.get(path)

    for status, answer in answers.items():
        assert answer.status_code == status
        assert answer.json().keys() == {"code", "message", "data"}
        assert (answer.json()["code"], answer.json()["data"]) == ("0", {})


@pytest.mark.parametrize("path", shapes.APPS)
async def test_an_unknown_field_is_named(anna: Person, path: str) -> None:
    told = answered(await anna.http.get(path, params={"colour": "red"}))

    assert told["code"] == "0"
    assert "colour is no field of this request" in told["message"]


@pytest.mark.parametrize("path", sorted(CHANGING))
async def test_another_site_cannot_have_a_browser_change_something(anna: Person, path: str) -> None:
    for site, status in {
        "cross-site": 403,
        "same-site": 403,
        "same-origin": 200,
        "none": 200,
    }.items():
        answer = await anna.http.get(path, headers={"sec-fetch-site": site})

        assert answer.status_code == status
    posted = await anna.http.post(path, headers={"sec-fetch-site": "cross-site"})
    assert posted.status_code == 200


async def test_what_another_site_tried_by_a_link_is_in_the_audit_log(
    anna: Person, admin: Person
) -> None:
    await anna.http.get("/installApp?appName=dokuwiki", headers={"sec-fetch-site": "cross-site"})

    [tried] = (await admin.http.get("/v1/audit")).json()["items"]
    assert (tried["username"], tried["outcome"]) == ("anna", "denied")
    assert tried["subject"] == "GET /installApp"


async def test_what_only_looks_may_be_asked_for_from_anywhere(anna: Person) -> None:
    answer = await anna.http.get("/getAllAppInfo", headers={"sec-fetch-site": "cross-site"})

    assert answered(answer)["code"] == "1"


@pytest.mark.parametrize(
    ("language", "installing", "running", "missing"),
    [
        ("", "dokuwiki is being installed.", "It runs.", "redmine is not installed."),
        ("de, fr;q=0.5", "dokuwiki is being installed.", "It runs.", "redmine is not installed."),
        ("zh", "dokuwiki安装成功", "正在运行。", "redmine未安装"),
        ("zh-Hans-CN,en;q=0.8", "dokuwiki安装成功", "正在运行。", "redmine未安装"),
        ("en;q=0.1, ru", "dokuwiki устанавливается.", "Работает.", "redmine: не установлено."),
    ],
)
async def test_sentences_come_in_the_language_that_is_liked_best(
    world: World, anna: Person, language: str, installing: str, running: str, missing: str
) -> None:
    told = await asked(anna, "/installApp", language=language, appName="dokuwiki")
    await world.settled()
    seen = await asked(anna, "/getAppInfo", language=language, appName="dokuwiki")
    none = await asked(anna, "/getAppInfo", language=language, appName="redmine")

    assert told["message"] == installing
    assert seen["data"]["info"] == running
    assert none["message"] == missing


async def test_reasons_within_a_sentence_are_translated_and_names_are_not(anna: Person) -> None:
    told = await asked(anna, "/installApp", language="zh", appName="Redmine")

    assert told["message"].startswith("appName:给出的是 'Redmine';")


async def test_other_doors_speak_the_same_languages(anna: Person) -> None:
    answer = await anna.http.delete("/v1/users", headers={"accept-language": "ru"})
    lost = await anna.http.get("/nowhere", headers={"accept-language": "zh"})

    assert answer.json()["detail"] == "DELETE здесь не работает."
    assert lost.json()["message"] == "/nowhere 处没有内容;文档见 /docs。"


async def test_openapi_has_both_ways_and_advises_against_one_of_them(world: World) -> None:
    paths = (await (await world.http()).get("/openapi.json")).json()["paths"]

    for path in shapes.APPS:
        by_get, by_post = paths[path]["get"], paths[path]["post"]
        assert by_get.get("deprecated", False) is (path in CHANGING)
        assert "deprecated" not in by_post
        fields = by_post["requestBody"]["content"]["application/json"]["schema"]["properties"]
        named = {one["name"] for one in by_get.get("parameters", []) if one["in"] == "query"}
        assert named == fields.keys()


async def test_what_is_asked_is_in_the_audit_log(world: World, anna: Person, admin: Person) -> None:
    await installed(world, anna)
    await asked(anna, "/uninstallApp", appName="dokuwiki")

    entries = (await admin.http.get("/v1/audit")).json()["items"]

    assert [entry["action"] for entry in entries] == ["instance.delete", "instance.create"]
