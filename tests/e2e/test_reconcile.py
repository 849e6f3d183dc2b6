"""What hands do to containers is seen and mended, and never costs data."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

import pytest
from redis import RedisError

from . import clients
from .clients import keep, kept
from .conftest import NewService
from .service import Client, Json, Service
from .until import until

pytestmark = pytest.mark.engine

SEEN_WITHIN_S = 45
MENDED_WITHIN_S = 60
DURABLE = {"--appendfsync": "always"}


@pytest.fixture(scope="module")
def customer(service: Service) -> Client:
    """Whoever ordered what these tests share."""
    return service.user()


@pytest.fixture(scope="module")
def made(customer: Client) -> Iterator[Json]:
    """A Redis that keeps a word."""
    made = customer.order("redis", DURABLE)
    keep(made["url"], "ahoy")
    yield made
    customer.remove(made["id"])


def kill(service: Service, container: str) -> None:
    """What `docker kill` does: the engine does not restart it."""
    service.engine.do("kill", container)


def stop(service: Service, container: str) -> None:
    """What `docker stop` does."""
    service.engine.do("stop", container)


def remove(service: Service, container: str) -> None:
    """What `docker rm --force` does."""
    service.engine.remove(container)


def cut_off(service: Service, container: str) -> None:
    """What `docker network rm` does, once nothing runs in the network."""
    service.engine.do("stop", container)
    for network in service.engine.networks_of(container):
        service.engine.remove_network(network)


@pytest.mark.parametrize("by_hand", [kill, stop, remove, cut_off])
def test_what_hands_did_is_seen_and_mended_with_all_data(
    service: Service, customer: Client, made: Json, by_hand: Callable[[Service, str], None]
) -> None:
    before = mends(service, made)

    by_hand(service, service.container(made))
    until(lambda: "succeeded" in mends(service, made)[len(before) :], within_s=MENDED_WITHIN_S)

    again = customer.show(made["id"])
    assert (again["is_running"], again["url"]) == (True, made["url"])
    assert kept(made["url"]) == "ahoy"


def test_what_stays_paused_runs_again(service: Service, customer: Client, made: Json) -> None:
    service.engine.do("pause", service.container(made))

    until(lambda: status(service, made)[1] == "paused", within_s=SEEN_WITHIN_S)
    until(lambda: customer.show(made["id"])["is_running"], within_s=MENDED_WITHIN_S, pause_s=0.5)

    assert kept(made["url"]) == "ahoy"


def test_a_server_that_ends_again_and_again_is_told(service: Service, owner: Client) -> None:
    made = owner.order("redis", DURABLE)

    def is_told() -> bool:
        with suppress(RedisError), clients.redis(made["url"]) as client:
            client.shutdown(save=True)
        return status(service, made) == ("degraded", "restarting")

    until(is_told, within_s=MENDED_WITHIN_S)
    assert "again and again" in owner.show(made["id"])["message"]
    assert mends(service, made) == []


def test_data_that_are_gone_are_told_and_not_replaced_by_nothing(new_service: NewService) -> None:
    service = new_service()
    owner = service.user()
    made = owner.order("redis")
    [volume] = [one["Name"] for one in service.engine.volumes()]
    service.stop()
    service.engine.remove(service.container(made))
    service.engine.remove_volume(volume)

    service.start()
    until(lambda: status(service, made) == ("degraded", "volume missing"), within_s=SEEN_WITHIN_S)

    assert volume in owner.show(made["id"])["message"]
    assert service.engine.volumes() == []
    assert service.engine.containers() == []
    owner.remove(made["id"])
    assert service.engine.all() == []


def test_what_happened_while_the_service_was_away_is_mended(new_service: NewService) -> None:
    service = new_service()
    owner = service.user()
    killed, removed = owner.order("redis", DURABLE), owner.order("valkey", DURABLE)
    for made in (killed, removed):
        keep(made["url"], "ahoy")

    service.kill()
    kill(service, service.container(killed))
    remove(service, service.container(removed))
    service.start()

    for made in (killed, removed):
        until(partial(is_up, owner, made), within_s=MENDED_WITHIN_S)
        assert kept(made["url"]) == "ahoy"
        owner.remove(made["id"])


def is_up(owner: Client, made: Json) -> bool:
    shown = owner.show(made["id"])
    return shown["status"] == "running" and bool(shown["is_running"])


def status(service: Service, made: Json) -> tuple[str, str]:
    """Return what the row of a resource says of it."""
    [(status, observed)] = service.rows(
        f"SELECT status, observed FROM instances WHERE number = {made['id']}"
    )
    return str(status), str(observed)


def mends(service: Service, made: Json) -> list[str]:
    """Return how the mends of a resource ended, in their order."""
    found = service.rows(
        "SELECT operations.status FROM operations JOIN instances ON instances.id = subject"
        f" WHERE operations.kind = 'instance.mend' AND instances.number = {made['id']}"
        " ORDER BY operations.number"
    )
    return [str(status) for (status,) in found]
