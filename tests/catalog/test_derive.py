"""What is guessed of a Compose file that does not say how to run it."""

from pathlib import Path
from typing import Any

import pytest

from moorage.catalog.adding import add
from moorage.catalog.judge import Verdict, judge
from moorage.catalog.running import main_service
from moorage.catalog.service import load
from moorage.compose.tool import ComposeTool
from tests.catalog.judged import errors, judged, write

pytestmark = pytest.mark.anyio


async def about(folder: Path, text: str) -> Any:  # Any: the block as data
    verdict = await judged(folder, text)
    assert verdict.is_accepted, verdict.findings
    return verdict.about


@pytest.mark.parametrize(
    ("services", "main"),
    [
        ("a: {image: x, ports: ['8000:80']}", ("a", 80, "http")),
        ("a: {image: x, ports: ['127.0.0.1:1:3000/tcp']}", ("a", 3000, "http")),
        ("z: {image: x, ports: ['80']}\n  a: {image: x, ports: ['80']}", ("z", 80, "http")),
        ("a: {image: x, ports: ['5432:5432']}\n  b: {image: x, ports: ['81']}", ("b", 81, "http")),
        ("a: {image: x, ports: ['9443', '8080']}", ("a", 8080, "http")),
        ("a: {image: x, ports: ['53:53/udp', '7000']}", ("a", 7000, "http")),
        ("a: {image: x, ports: ['1883:1883']}", ("a", 1883, "tcp")),
        ("a: {image: x, expose: ['80']}\n  b: {image: x, ports: ['81']}", ("b", 81, "http")),
        ("a: {image: x, expose: [80]}", ("a", 80, "http")),
        ("a: {image: x, ports: ['${PORT}:${PORT}']}", ("a", 8080, "http")),
        (
            "a: {image: x, ports: ['80'], profiles: [p]}\n  b: {image: x, ports: ['81']}",
            ("b", 81, "http"),
        ),
        (
            "a: {image: x, ports: ['80'], network_mode: none}\n  b: {image: x, ports: ['81']}",
            ("b", 81, "http"),
        ),
    ],
)
async def test_the_main_port_is_the_first_that_looks_like_a_page(
    tmp_path: Path, services: str, main: tuple[str, int, str]
) -> None:
    found = (await about(tmp_path, f"services:\n  {services}\n"))["main"]

    assert (found["service"], found["port"], found["scheme"]) == main


async def test_an_app_without_ports_has_no_main_port_and_that_is_said(tmp_path: Path) -> None:
    verdict = await judged(tmp_path, "services: {bot: {image: x}}")

    assert verdict.is_accepted
    assert "main" not in verdict.about
    assert "offers a port" in verdict.findings[-1].detail


async def test_database_version_and_needs_are_guessed(tmp_path: Path) -> None:
    text = """
services:
  shop: {image: "example.com:5000/shop:2.1@sha256:%s", ports: ["80"], mem_limit: 1g}
  db: {image: registry.example:5000/library/mariadb, volumes: ["data:/var/lib/mysql"]}
volumes: {data: }
""" % ("0" * 64)

    found = await about(tmp_path, text)

    assert found["database"] == {"service": "db", "port": 3306}
    assert found["versions"] == ["2.1"]
    assert found["needs"] == {"memory_mib": 1024 + 256, "disk_mib": 2000}
    assert found["backup"] == {"volumes": ["data"]}


@pytest.mark.parametrize("lines", ["profiles: [some]", "network_mode: none"])
async def test_a_database_that_is_never_started_or_reached_is_none(
    tmp_path: Path, lines: str
) -> None:
    text = f"services: {{web: {{image: x, ports: ['80']}}, db: {{image: redis, {lines}}}}}"

    assert "database" not in await about(tmp_path, text)


async def test_variables_become_secrets_questions_or_nobodys(tmp_path: Path) -> None:
    text = """
services:
  web:
    image: shop:${TAG:?say which}
    restart: ${RESTART}
    ports: ["${PORT:-80}:80"]
    volumes: ["${FILES}:/files"]
    environment:
      - DB_PASSWORD=${DB_PASSWORD:?}
      - KEY=${SECRET_KEY_BASE}
      - TOKEN=${SERVICE_PASSWORD_64_TOKEN}
      - OLD=${ADMIN_PASSWORD:-admin}
      - FLAG=${ALLOW_EMPTY_PASSWORD:-yes}
      - MAIL=${SMTP_PASSWORD}
      - MAYBE=${WEBHOOK_SECRET:-}
      - HOME=$HOME$COMPOSE_PROJECT_NAME
      - URL=${SITE_URL:-http://localhost:$PORT}
      - PUID=${PUID}
      - DOMAIN
"""
    found = await about(tmp_path, text)

    questions = found["questions"]["properties"]
    assert found["secrets"] == [
        "DB_PASSWORD",
        "SECRET_KEY_BASE",
        "SERVICE_PASSWORD_64_TOKEN",
        "ADMIN_PASSWORD",
    ]
    assert found["show"] == ["DB_PASSWORD", "SERVICE_PASSWORD_64_TOKEN", "ADMIN_PASSWORD"]
    assert found["values"] == {"RESTART": "always", "PORT": "80", "FILES": "./files"}
    assert found["questions"]["required"] == ["TAG"]
    assert questions.keys() == {
        *("TAG", "ALLOW_EMPTY_PASSWORD", "SMTP_PASSWORD", "WEBHOOK_SECRET"),
        *("SITE_URL", "PUID", "DOMAIN"),
    }
    assert questions["ALLOW_EMPTY_PASSWORD"]["default"] == "yes"
    assert questions["SMTP_PASSWORD"]["writeOnly"] is True
    assert "default" not in questions["SITE_URL"]


@pytest.mark.parametrize(
    ("file", "text", "name"),
    [
        ("shop/compose.yaml", "", "shop"),
        ("shop/docker-compose.yml", "", "shop"),
        ("x/red_mine.yaml", "", "red-mine"),
        ("x/docker-compose.red.yml", "", "red"),
        ("x/compose.yaml", "name: My Shop\n", "my-shop"),
        ("9-x/compose.yaml", "name: ${NAME}\n", "app-9-x"),
        ("x/compose.yaml", "", "app-x"),
        ("Größe/compose.yaml", "", "gr-e"),
    ],
)
async def test_a_name_is_found(tmp_path: Path, file: str, text: str, name: str) -> None:
    write(tmp_path, {file: f"{text}services: {{web: {{image: x}}}}"})

    assert (await judge(tmp_path / file, ComposeTool())).name == name


async def test_a_name_that_is_given_must_be_one(tmp_path: Path) -> None:
    folder = write(tmp_path, "services: {web: {image: x}}")

    verdict: Verdict = await judge(folder, ComposeTool(), name="Shop!")

    assert errors(verdict) == [("name", "name")]


async def test_a_block_may_say_a_part_and_the_rest_is_guessed(tmp_path: Path) -> None:
    text = """
services:
  shop: {image: "shop:2", ports: ["80"], environment: [SEED, "COLOUR=${COLOUR:-red}", WORD]}
  db: {image: mariadb, environment: ["MARIADB_ROOT_PASSWORD=${DB_PASSWORD}"]}
x-moorage:
  title: Boats
  secrets: [SEED]
  questions: {properties: {WORD: {type: string, maxLength: 9}}}
  ready: {path: /ready}
"""

    found = await about(tmp_path, text)

    assert (found["title"], found["versions"]) == ("Boats", ["2"])
    assert found["secrets"] == ["SEED", "DB_PASSWORD"]
    assert found["questions"]["properties"].keys() == {"COLOUR", "WORD"}
    assert found["questions"]["properties"]["WORD"]["maxLength"] == 9
    assert (found["main"]["port"], found["ready"]) == (80, {"path": "/ready"})


async def test_what_configs_and_secrets_take_from_the_environment_is_generated_or_asked_for(
    tmp_path: Path,
) -> None:
    text = """
services: {web: {image: x, configs: [motto], secrets: [door]}}
configs: {motto: {environment: MOTTO}}
secrets: {door: {environment: DOOR_PASSWORD}}
"""

    found = await about(tmp_path, text)

    assert found["secrets"] == ["DOOR_PASSWORD"]
    assert found["questions"]["properties"].keys() == {"MOTTO"}
    assert found["questions"]["required"] == ["MOTTO"]


async def test_a_file_of_which_nothing_goes_on_running_is_refused(tmp_path: Path) -> None:
    verdict = await judged(tmp_path, "services: {web: {image: x, profiles: [some]}}")

    assert errors(verdict) == [("services", "lasting")]


@pytest.mark.parametrize("offer", ["", "expose: ['80']"])
async def test_the_main_service_is_one_that_goes_on_running(tmp_path: Path, offer: str) -> None:
    text = f"""
services:
  job: {{image: x, restart: 'no', {offer}}}
  web: {{image: x, {offer}}}
  also: {{image: x, {offer}}}
"""
    folder = write(tmp_path / "shop", text)
    verdict = await judge(folder, ComposeTool())

    add(verdict, tmp_path / "catalog", allowed=())

    added = load([tmp_path / "catalog"]).app("shop")
    assert main_service(added) == "web"
