"""What all paths do alike: HEAD, OPTIONS, methods that do not work, a slash at the end."""

import asyncio

import httpx
import pytest

from moorage.instances.models import Instance
from tests.make.streams import listening
from tests.make.world import Person, World

pytestmark = pytest.mark.anyio

READ = (
    "/api/status",
    "/api/info",
    "/healthz",
    "/",
    "/resource_list",
    "/v1/instances",
    "/getAppInfo",
)
TAKES = {
    "/api/ticket": "DELETE, OPTIONS, POST",
    "/api/v1/server": "GET, HEAD, OPTIONS, POST",
    "/api/v1/server/x": "DELETE, GET, HEAD, OPTIONS",
    "/v1/instances": "GET, HEAD, OPTIONS, POST",
    "/resource/1": "DELETE, GET, HEAD, OPTIONS, PATCH",
    "/installApp": "GET, OPTIONS, POST",
    "/openapi.json": "GET, HEAD, OPTIONS",
}


@pytest.mark.parametrize("path", READ)
async def test_head_tells_what_get_tells_without_the_body(anna: Person, path: str) -> None:
    got, head = await anna.http.get(path), await anna.http.head(path)

    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers["content-type"] == got.headers["content-type"]


async def test_head_installs_nothing(world: World, anna: Person) -> None:
    answer = await anna.http.head("/installApp", params={"appName": "dokuwiki"})

    assert answer.status_code == 405
    assert await world.rows(Instance) == []


async def test_head_of_a_stream_ends(world: World, anna: Person) -> None:
    world.gate.close("before start_container")
    made = await anna.http.post("/resource_list?wait=0", json={"resource_name": "redis"})
    await world.gate.reached.wait()
    path = f"{made.headers['Location']}/events"

    async with listening(world) as url, httpx.AsyncClient(headers=anna.http.headers) as http:
        async with asyncio.timeout(30):
            answers = [await http.head(url + path), await http.get(f"{url}/v1/users/me")]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].headers["content-type"].startswith("text/event-stream")
    world.gate.open()


async def test_the_figures_count_heads_by_their_route(anna: Person) -> None:
    await anna.http.head("/resource/77")

    figures = (await anna.http.get("/metrics")).text

    assert (
        'moorage_http_requests_total{method="HEAD",route="/resource/{id}",status="404"} 1'
        in figures
    )


@pytest.mark.parametrize(("path", "methods"), TAKES.items())
async def test_allow_names_all_methods_that_work_there(
    anna: Person, path: str, methods: str
) -> None:
    refused, told = await anna.http.request("TRACE", path), await anna.http.options(path)

    assert (refused.status_code, refused.headers["allow"]) == (405, methods)
    assert (told.status_code, told.headers["allow"], told.content) == (204, methods, b"")


async def test_where_nothing_is_no_method_works(anna: Person) -> None:
    for method in ("HEAD", "OPTIONS", "GET"):
        assert (await anna.http.request(method, "/no/such/path")).status_code == 404


@pytest.mark.parametrize(
    "path", ["/api/info/", "/api/v1/image/", "/resource_list/", "/v1/instances/", "/getAppInfo/"]
)
async def test_a_slash_at_the_end_changes_nothing(anna: Person, path: str) -> None:
    with_slash, without = await anna.http.get(path), await anna.http.get(path.rstrip("/"))

    assert with_slash.history == []
    assert (with_slash.status_code, with_slash.json()) == (without.status_code, without.json())


@pytest.mark.parametrize("path", ["/api/info/100", "/api/ticket/x", "/api/nothing"])
async def test_what_is_not_there_is_said_in_the_shape_of_the_machines_door(
    anna: Person, path: str
) -> None:
    answer = await anna.http.get(path)

    assert answer.status_code == 404
    assert answer.json().keys() == {"detail"}


async def test_an_order_for_a_vm_may_have_the_slash_of_the_first_implementation(
    anna: Person,
) -> None:
    answer = await anna.http.post("/api/v1/server/", json={})

    assert (answer.status_code, answer.history) == (400, [])
    assert "image" in answer.json()["message"]
