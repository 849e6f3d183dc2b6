"""What needs no credentials: health, figures, documentation."""

import asyncio
import re

import httpx
import pytest
from sqlalchemy import text

from moorage.kit.errors import Failed
from tests.make.world import Person, World

pytestmark = pytest.mark.anyio

REDIS = {"resource_name": "redis"}


@pytest.fixture
async def nobody(world: World) -> httpx.AsyncClient:
    """Give a caller without credentials."""
    return await world.http()


async def test_a_service_that_works_is_alive_and_ready(nobody: httpx.AsyncClient) -> None:
    alive, ready = await nobody.get("/healthz"), await nobody.get("/readyz")

    assert (alive.status_code, alive.json()) == (200, {"status": "ok"})
    assert (ready.status_code, ready.json()) == (200, {"status": "ok"})


async def test_a_service_that_performs_nothing_is_alive_and_not_ready(
    world: World, nobody: httpx.AsyncClient
) -> None:
    await world.queue.stop()

    alive, ready = await nobody.get("/healthz"), await nobody.get("/readyz")

    assert alive.status_code == 200
    assert ready.status_code == 503
    assert ready.json()["problems"] == ["operations are not being performed"]


async def test_the_figures_tell_of_requests_operations_instances_and_engines(
    world: World, anna: Person
) -> None:
    await anna.http.post("/resource_list", json=REDIS)
    world.engine.fail_next("start_container", Failed("The engine is on fire."))
    await anna.http.post("/resource_list", json=REDIS)
    await anna.http.get("/resource/77")
    await anna.http.get("/no/such/path")

    figures = await read_figures(anna.http)

    ok = 'moorage_http_requests_total{method="POST",route="/resource_list",status="%s"}'
    assert figures[ok % 201] == figures[ok % 503] == 1
    by_route = 'moorage_http_requests_total{method="GET",route="%s",status="404"}'
    assert figures[by_route % "/resource/{id}"] == 1
    assert figures[by_route % "unmatched"] == 1
    assert figures['moorage_instances{blueprint="redis",status="running"}'] == 1
    assert figures['moorage_instances{blueprint="redis",status="failed"}'] == 1
    assert figures['moorage_operations{kind="instance.create",status="succeeded"}'] == 1
    ended = 'moorage_operation_seconds_count{kind="instance.create",status="failed"}'
    assert figures[ended] == 1
    assert figures['moorage_server_up{server="local"}'] == 1


async def test_the_figures_show_an_engine_that_is_down(
    world: World, nobody: httpx.AsyncClient
) -> None:
    world.engine.down = True

    assert (await read_figures(nobody))['moorage_server_up{server="local"}'] == 0


async def test_without_rows_there_are_all_other_figures(world: World, anna: Person) -> None:
    await anna.http.post("/resource_list", json=REDIS)
    before = await read_figures(anna.http)
    async with world.db.begin() as session:
        await session.execute(text("ALTER TABLE instances RENAME TO lost"))

    figures = await read_figures(await world.http())

    assert before.keys() - figures.keys() == {
        'moorage_instances{blueprint="redis",status="running"}',
        'moorage_operations{kind="instance.create",status="succeeded"}',
    }


async def test_what_is_gone_leaves_the_figures(anna: Person) -> None:
    await anna.http.post("/resource_list", json=REDIS)
    await read_figures(anna.http)
    await anna.http.delete("/resource/1")

    assert not [name for name in await read_figures(anna.http) if "moorage_instances{" in name]


async def test_the_documentation_comes_from_our_own_files_only(
    subtests: pytest.Subtests, nobody: httpx.AsyncClient
) -> None:
    for path in ("/", "/docs", "/api/spec.html"):
        with subtests.test(path):
            page = await nobody.get(path)

            assert page.status_code == 200
            assert page.headers["Content-Type"].startswith("text/html")
            policy = page.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "script-src 'self'" in policy
            assert "frame-ancestors 'none'" in policy
            files = re.findall(r'(?:src|href)="([^"]+)"', page.text)
            assert len(files) >= 4
            answers = await asyncio.gather(*(nobody.get(file) for file in files))
            assert [answer.status_code for answer in answers] == [200] * len(files)
            assert all(file.startswith("/") and not file.startswith("//") for file in files)


async def test_nothing_below_static_leads_out_of_it(nobody: httpx.AsyncClient) -> None:
    for path in ("/static/../docs.py", "/static/%2e%2e/docs.py", "/static//etc/passwd", "/static/"):
        answer = await nobody.get(path)

        assert answer.status_code == 404
        assert answer.json().keys() == {"message"}


async def read_figures(http: httpx.AsyncClient) -> dict[str, float]:
    """Return the figures: name with labels → value."""
    answer = await http.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


async def test_nobody_can_frame_our_pages_wherever_they_are(nobody: httpx.AsyncClient) -> None:
    for path in ("/", "/docs", "/static/swagger/index.html", "/docs/problems"):
        policy = (await nobody.get(path)).headers["Content-Security-Policy"]

        assert "frame-ancestors 'none'" in policy
