"""What an app's Compose file becomes when it runs, case by case."""

from pathlib import Path
from typing import Any

import pytest

from moorage.catalog import running
from moorage.catalog.app import App
from moorage.catalog.running import Place, ServiceImage
from moorage.compose.port import Project
from moorage.compose.tool import ComposeTool

pytestmark = pytest.mark.anyio

Json = dict[str, Any]  # Any: JSON of the parser
MIB = 1 << 20


class Case:
    """A Compose file, and an app of it."""

    def __init__(self, folder: Path, services: str, more: str = "", **about: object) -> None:
        (folder / "compose.yaml").write_text(f"services:\n{services}\n{more}")
        self.folder = folder
        self.about = about

    async def model(self, override: str = "") -> Json:
        """Return what the tool makes of it."""
        variables = {"PASSWORD": "se$cret"}
        project = Project(self.folder, "compose.yaml", "x", variables, override)
        return await ComposeTool().config(project)

    async def run(self, **place: object) -> tuple[str, Json]:
        """Return the second file, and what the tool makes of both."""
        model = await self.model()
        parts = {
            "kind": "app",
            "name": "shop",
            "title": "Shop",
            "needs": {"memory_mib": 256, "disk_mib": 1},
            "folder": self.folder,
            "services": tuple(model["services"]),
            **self.about,
        }
        app = App.model_validate(parts)
        images = {name: ServiceImage(f"moorage/{name}:1") for name in model["services"]}
        given = {
            "name": "websoft9-shop",
            "prefix": "moorage-abc-shop-1",
            "labels": {"moorage.instance": "ins_1"},
            "network": "moorage-abc-shop-1",
            "owners_network": None,
            "address": "127.0.0.1",
            "port": 9001,
            "db_port": 3307,
            "memory_mib": 256,
            "cpus": 1.0,
            "images": images,
        }
        text = running.override(app, model, Place(**{**given, **place}))  # type: ignore[arg-type]
        return text, await self.model(text)


async def test_only_the_main_service_of_an_app_that_asks_for_it_reaches_databases(
    tmp_path: Path,
) -> None:
    services = "  web: {image: a}\n  db: {image: b}"
    case = Case(tmp_path, services, main={"service": "web", "port": 80})

    _, alone = await case.run()
    _, joined = await case.run(owners_network="moorage-abc-anna")

    names = {key: one["name"] for key, one in joined["networks"].items()}
    reached = {
        name: {names[key] for key in one["networks"]} for name, one in joined["services"].items()
    }
    assert [one["name"] for one in alone["networks"].values()] == ["moorage-abc-shop-1"]
    assert reached == {
        "web": {"moorage-abc-shop-1", "moorage-abc-anna"},
        "db": {"moorage-abc-shop-1"},
    }


async def test_nothing_but_the_two_ports_is_published(tmp_path: Path) -> None:
    services = """
  web: {image: a, ports: ["80:80", "443:443"], depends_on: [db]}
  db: {image: b, ports: ["5432:5432"]}
  other: {image: c, ports: ["7:7"]}
"""
    main, database = {"service": "web", "port": 80}, {"service": "db", "port": 5432}
    case = Case(tmp_path, services, main=main, database=database)

    _, model = await case.run()

    ports = {
        name: [
            (one["host_ip"], one["published"], one["target"]) for one in service.get("ports", ())
        ]
        for name, service in model["services"].items()
    }
    assert ports == {
        "web": [("127.0.0.1", "9001", 80)],
        "db": [("127.0.0.1", "3307", 5432)],
        "other": [],
    }


async def test_every_container_is_ours_by_name_label_limits_and_network(tmp_path: Path) -> None:
    services = """
  web:
    image: a
    restart: always
    networks: {front: {aliases: [www]}, default: {}}
    deploy: {replicas: 3, resources: {limits: {memory: 64m, cpus: "0.5"}}}
    logging: {driver: syslog}
  db: {image: b, container_name: theirs, mem_limit: 9g, cpus: 64}
"""
    more = "networks: {front: {}}"
    case = Case(tmp_path, services, more, main={"service": "web", "port": 80})

    _, model = await case.run()

    web, db = model["services"]["web"], model["services"]["db"]
    assert (web["container_name"], db["container_name"]) == ("websoft9-shop", "websoft9-shop-db")
    assert web["labels"] == {"moorage.instance": "ins_1", "moorage.service": "web"}
    assert (web["mem_limit"], db["mem_limit"]) == (str(64 * MIB), str(256 * MIB))
    assert (web["cpus"], db["cpus"]) == (0.5, 1)
    assert "deploy" not in web
    assert {one["restart"] for one in (web, db)} == {"unless-stopped"}
    assert {one["logging"]["driver"] for one in (web, db)} == {"json-file"}
    assert {*web["security_opt"]} == {"no-new-privileges:true"}
    assert web["networks"] == {"moorage": {"aliases": ["www"]}}
    assert model["networks"]["moorage"]["name"] == "moorage-abc-shop-1"
    assert {one["image"] for one in (web, db)} == {"moorage/web:1", "moorage/db:1"}


async def test_no_secret_is_in_the_second_file(tmp_path: Path) -> None:
    case = Case(tmp_path, "  web: {image: a, environment: {PASSWORD: '${PASSWORD:?it}'}}")

    text, model = await case.run()

    assert "cret" not in text
    assert model["services"]["web"]["environment"] == {"PASSWORD": "se$$cret"}


async def test_only_what_we_made_ourselves_loses_all_privileges(tmp_path: Path) -> None:
    case = Case(tmp_path, "  web: {image: a}\n  db: {image: b}\n  own: {image: c, user: '7'}")
    ours = ServiceImage("moorage/x:1", is_ours=True, user="999:999")
    images = {"web": ServiceImage("a"), "db": ours, "own": ours}

    _, model = await case.run(images=images)

    services = model["services"]
    assert "cap_drop" not in services["web"]
    assert (services["db"]["cap_drop"], services["db"]["user"]) == (["ALL"], "999:999")
    assert services["own"]["user"] == "7"


async def test_what_waits_at_a_terminal_waits_at_an_open_input_and_has_a_log(
    tmp_path: Path,
) -> None:
    case = Case(tmp_path, "  web: {image: a, tty: true}\n  db: {image: b}")

    _, model = await case.run()

    web, db = model["services"]["web"], model["services"]["db"]
    assert (web.get("tty"), web.get("stdin_open")) == (None, True)
    assert "stdin_open" not in db


async def test_volumes_get_names_and_labels_of_the_instance(tmp_path: Path) -> None:
    services = "  web: {image: a, volumes: ['data:/data', '/tmp']}"
    case = Case(tmp_path, services, "volumes: {data: {name: theirs}, unused: {}}")

    _, model = await case.run()

    assert model["volumes"] == {
        "data": {"name": "moorage-abc-shop-1-data", "labels": {"moorage.instance": "ins_1"}}
    }
    assert running.volumes(await case.model(), "x") == {"data": "x-data"}


async def test_what_ends_by_itself_is_not_started_again(tmp_path: Path) -> None:
    services = """
  web: {image: a, depends_on: {migrate: {condition: service_completed_successfully}}}
  migrate: {image: a, restart: on-failure}
  once: {image: a, restart: "no"}
  debug: {image: a, profiles: [debug]}
"""
    case = Case(tmp_path, services, main={"service": "web", "port": 80})

    model = await case.model()
    _, both = await case.run()

    assert running.services(model) == ["migrate", "once", "web"]
    assert running.lasting(model) == ["web"]
    restart = {name: both["services"][name]["restart"] for name in ("web", "migrate", "once")}
    assert restart == {"web": "unless-stopped", "migrate": "on-failure", "once": "no"}


async def test_what_offers_something_goes_on_running_whatever_it_says_of_restarts(
    tmp_path: Path,
) -> None:
    services = """
  web: {image: a, restart: "no"}
  db: {image: b, restart: "no"}
  also: {image: c, restart: "no", ports: ["7"]}
  once: {image: d, restart: "no"}
"""
    main, database = {"service": "web", "port": 80}, {"service": "db", "port": 5432}
    case = Case(tmp_path, services, main=main, database=database)

    _, model = await case.run()

    restart = {name: one["restart"] for name, one in model["services"].items()}
    lasting = dict.fromkeys(("web", "db", "also"), "unless-stopped")
    assert restart == {**lasting, "once": "no"}


async def test_a_service_goes_on_running_when_no_other_does(tmp_path: Path) -> None:
    case = Case(tmp_path, '  bot: {image: a, restart: "no"}')

    _, model = await case.run()

    assert running.lasting(await case.model()) == ["bot"]
    assert model["services"]["bot"]["restart"] == "unless-stopped"


async def test_a_service_without_a_network_of_its_own_is_reached_through_the_other(
    tmp_path: Path,
) -> None:
    services = "  web: {image: a, network_mode: 'service:vpn'}\n  vpn: {image: b}"
    case = Case(tmp_path, services, main={"service": "web", "port": 80})

    _, model = await case.run()

    assert "networks" not in model["services"]["web"]
    assert "ports" not in model["services"]["web"]
    assert [one["target"] for one in model["services"]["vpn"]["ports"]] == [80]


async def test_nobody_waits_longer_than_two_minutes_for_a_stop(tmp_path: Path) -> None:
    services = """
  web: {image: a, stop_grace_period: 24h}
  db: {image: b, stop_grace_period: 1m30s}
  queue: {image: c, stop_grace_period: 121s}
"""
    case = Case(tmp_path, services, main={"service": "web", "port": 80})

    _, model = await case.run()

    graces = [model["services"][name]["stop_grace_period"] for name in ("web", "db", "queue")]
    assert graces == ["2m0s", "1m30s", "2m0s"]
