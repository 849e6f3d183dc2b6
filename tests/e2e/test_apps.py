"""Apps on a real engine: installed, used, restarted, removed."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from .apps import APPS, TEXT, TOOLS, sockets
from .clients import ask
from .conftest import NewService
from .service import Client, Json, Service
from .until import until

pytestmark = pytest.mark.engine

ENDED = ("succeeded", "failed", "cancelled")


class Owner:
    """Somebody who has apps."""

    def __init__(self, client: Client) -> None:
        self.http = client.http

    def ask(self, method: str, path: str, **more: object) -> Json:
        """Ask for something that takes longer, and return its operation."""
        answer = self.http.request(method, path, **more)  # type: ignore[arg-type] # of httpx
        assert answer.status_code == 202, answer.text
        operation: Json = answer.json()
        return operation

    def install(self, app: str, options: Mapping[str, object] | None = None) -> Json:
        """Order an app."""
        order = {"blueprint": app, "options": options and dict(options)}
        return self.ask("POST", "/v1/instances", json=order)

    def ended(self, operation: Json) -> Json:
        """Wait until an operation has ended."""
        return until(lambda: self._if_ended(operation["id"]), within_s=300, pause_s=0.1)

    def done(self, operation: Json) -> Json:
        """Wait until an operation has succeeded, and return what it was about."""
        ended = self.ended(operation)
        assert ended["status"] == "succeeded", ended
        return self.get(f"/v1/instances/{ended['subject']}")

    def restart(self, made: Json) -> None:
        """Have an app restarted, and wait until it is back."""
        self.done(self.ask("POST", f"/v1/instances/{made['id']}/restart"))

    def login(self, made: Json) -> Json:
        """Return how to log in."""
        return self.get(f"/v1/instances/{made['id']}/credentials")

    def get(self, path: str) -> Json:
        """Return what is there."""
        answer = self.http.get(path)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    def remove(self, instance: str) -> Json:
        """Have an app removed, and wait until it is gone."""
        return self.ended(self.ask("DELETE", f"/v1/instances/{instance}"))

    def _if_ended(self, operation: str) -> Json | None:
        found = self.get(f"/v1/operations/{operation}")
        return found if found["status"] in ENDED else None


@pytest.fixture(scope="module")
def house(make_service: NewService) -> Iterator[Service]:
    """A service that has nothing but these apps."""
    service = make_service()
    service.start()
    yield service
    service.close()


@pytest.fixture
def owner(house: Service) -> Owner:
    """Whoever installs apps there."""
    return Owner(house.admin)


def left(service: Service) -> list[Json]:
    """Return what there is on the engine."""
    engine = service.engine
    return [*engine.containers(), *engine.volumes(), *engine.networks()]


@pytest.mark.parametrize("name", APPS)
def test_what_people_store_in_an_app_outlives_a_restart(
    house: Service, owner: Owner, name: str
) -> None:
    app = APPS[name]
    made = owner.done(owner.install(name, app.options))
    login = owner.login(made)
    app.store(login)
    stored = app.read(login)

    owner.restart(made)

    assert app.read(login) == stored
    assert {one["status"] for one in owner.get(f"/v1/instances/{made['id']}")["containers"]} == {
        "running"
    }
    assert owner.remove(made["id"])["status"] == "succeeded"
    assert left(house) == []


def test_a_memcached_forgets_at_a_restart_and_stores_again(owner: Owner) -> None:
    made = owner.done(owner.install("memcached"))
    login = owner.login(made)
    with sockets.memcached(login) as cache:
        assert cache.set("boats", TEXT)
        assert cache.get("boats") == TEXT

    owner.restart(made)

    with sockets.memcached(login) as cache:
        assert cache.get("boats") is None
        assert cache.set("boats", TEXT)
        assert cache.get("boats") == TEXT
    owner.remove(made["id"])


@pytest.mark.parametrize("name", TOOLS)
def test_a_table_made_in_a_database_tool_is_in_the_database(owner: Owner, name: str) -> None:
    tool = TOOLS[name]
    database = owner.done(owner.install("mariadb", {"MARIADB_DATABASE": "boats"}))
    server = owner.login(database)
    made = owner.done(owner.install(name, tool.options(database["name"])))
    tool.make(owner.login(made), server)

    owner.restart(made)

    assert tool.read(owner.login(made), server) == TEXT
    assert ask(server["url"], "SELECT word FROM kept") == [(TEXT,)]
    owner.remove(made["id"])
    owner.remove(database["id"])


@pytest.mark.parametrize("name", ["redmine", "wordpress"])
def test_the_owner_of_an_app_can_log_in_to_its_database(owner: Owner, name: str) -> None:
    made = owner.done(owner.install(name))
    [place] = [one["url"] for one in made["endpoints"] if one["name"] == "database"]
    login = owner.login(made)["environment"]

    url = place.replace("//", f"//{login['DB_USER']}:{login['DB_PASSWORD']}@") + f"/{name}"

    assert ask(url, "SELECT 1") == [(1,)]
    owner.remove(made["id"])


def test_two_apps_installed_at_once_get_ports_and_networks_of_their_own(
    house: Service, owner: Owner
) -> None:
    with ThreadPoolExecutor(2) as people:
        orders = list(people.map(owner.install, ("dokuwiki", "dokuwiki")))
    made = [owner.done(order) for order in orders]

    ports = {one["endpoints"][0]["port"] for one in made}
    names = {one["containers"][0]["name"] for one in made}
    assert (len(ports), len(names), len(house.engine.networks())) == (2, 2, 2)
    for one in made:
        assert "DokuWiki" in httpx.get(f"{one['endpoints'][0]['url']}/doku.php").text
        owner.remove(one["id"])
    assert left(house) == []


def test_an_app_removed_while_it_is_being_installed_leaves_nothing(
    house: Service, owner: Owner
) -> None:
    order = owner.install("wordpress")
    until(lambda: house.engine.containers(), within_s=60)

    removal = owner.remove(order["subject"])

    assert (removal["status"], owner.ended(order)["status"]) == ("succeeded", "cancelled")
    assert left(house) == []


def test_an_installation_killed_half_way_is_finished_after_the_start(
    new_service: NewService,
) -> None:
    service = new_service()
    owner = Owner(service.admin)
    order = owner.install("wordpress")
    until(lambda: service.engine.containers(), within_s=60)

    service.kill()
    service.start()

    made = owner.done(order)
    assert len(service.engine.containers()) == 2
    assert httpx.get(f"{made['endpoints'][0]['url']}/wp-login.php").status_code == 200


def test_a_service_removed_by_hand_comes_back_with_its_data(house: Service, owner: Owner) -> None:
    app = APPS["wordpress"]
    made = owner.done(owner.install("wordpress"))
    login = owner.login(made)
    app.store(login)
    [database] = [one["name"] for one in made["containers"] if one["service"] == "db"]

    house.engine.remove(database)

    until(lambda: _is_mended(owner, made["id"]), within_s=90, pause_s=0.5)
    assert app.read(login) == TEXT
    owner.remove(made["id"])


def _is_mended(owner: Owner, instance: str) -> bool:
    mends = owner.get(f"/v1/operations?subject={instance}")["items"]
    return any(one["kind"] == "instance.mend" and one["status"] == "succeeded" for one in mends)
