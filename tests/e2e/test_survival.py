"""Data outlive the process, the container and the service; `is_running` never lies."""

from collections.abc import Callable, Iterator

import pytest

from . import clients
from .clients import keep, kept, log_in
from .conftest import NewService
from .service import Client, Json, Service
from .until import until

pytestmark = pytest.mark.engine

BACK_WITHIN_S = 60

# What makes an answered write durable, where that is not the server's habit.
ORDERS: dict[str, Json] = {
    "mysql": {"MYSQL_DATABASE": "shop"},
    "mariadb": {"MARIADB_DATABASE": "shop"},
    "postgres": {},
    "redis": {"--appendfsync": "always"},
    "valkey": {"--appendfsync": "always"},
}


@pytest.fixture(scope="module")
def customer(service: Service) -> Client:
    """Whoever ordered what these tests share."""
    return service.user()


@pytest.fixture(scope="module", params=ORDERS)
def made(request: pytest.FixtureRequest, customer: Client) -> Iterator[Json]:
    """One of each, which keeps a word."""
    made = customer.order(request.param, ORDERS[request.param])
    keep(made["url"], "ahoy")
    yield made
    customer.remove(made["id"])


def restart(service: Service, container: str) -> None:
    """What an update of the engine does."""
    service.engine.do("restart", container)


def kill(service: Service, container: str) -> None:
    """What a power cut does."""
    service.engine.do("kill", container)
    service.engine.do("start", container)


def replace(service: Service, container: str) -> None:
    """What an update of the image does."""
    service.engine.replace(container)


@pytest.mark.parametrize("happen", [restart, kill, replace])
def test_data_survive_and_the_port_stays(
    service: Service, customer: Client, made: Json, happen: Callable[[Service, str], None]
) -> None:
    happen(service, service.container(made))

    until(lambda: customer.show(made["id"])["is_running"], within_s=BACK_WITHIN_S)
    assert kept(made["url"]) == "ahoy"


def test_is_running_only_while_the_server_answers(
    service: Service, customer: Client, made: Json
) -> None:
    container = service.container(made)
    assert customer.show(made["id"])["is_running"] is True

    service.engine.do("pause", container)
    seen = customer.show(made["id"])
    if service.engine.inspect(container)["State"]["Paused"]:  # not mended in the meantime
        service.engine.do("unpause", container)

    assert seen["is_running"] is False
    until(lambda: customer.show(made["id"])["is_running"], within_s=BACK_WITHIN_S)


def test_a_server_that_ends_by_itself_comes_back(owner: Client) -> None:
    made = owner.order("redis", ORDERS["redis"])
    keep(made["url"], "ahoy")

    with clients.redis(made["url"]) as client:
        client.shutdown(save=True)

    until(lambda: owner.show(made["id"])["is_running"], within_s=BACK_WITHIN_S)
    assert kept(made["url"]) == "ahoy"


def test_the_service_may_stop_and_start_while_databases_run(
    new_service: NewService,
) -> None:
    service = new_service()
    owner = service.user()
    made = owner.order("redis")

    service.stop()
    log_in(made["url"])
    service.start()

    assert owner.show(made["id"]) == made | {"is_running": True}
    owner.remove(made["id"])
