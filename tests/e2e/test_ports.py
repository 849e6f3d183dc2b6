"""Ports: taken by strangers, used up, and ordered by many at once."""

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from .clients import log_in
from .conftest import NewService
from .service import Client, Service

pytestmark = pytest.mark.engine


def test_a_port_that_a_stranger_holds_is_passed_over(new_service: NewService) -> None:
    service = new_service()
    owner = service.user()
    first, second = service.ports[:2]

    with socket.create_server(("127.0.0.1", first)):
        made = owner.order("redis")
        assert made["config"]["port"] == second
        log_in(made["url"])

    assert service.rows("SELECT port FROM port_reservations") == [(second,)]
    owner.remove(made["id"])


def test_a_full_range_is_refused_with_the_setting_to_change(new_service: NewService) -> None:
    first = new_service().ports[0]
    service = new_service(DATABASE_PORTS=f"{first}-{first}")
    owner = service.user()
    made = owner.order("redis")

    refused = owner.post({"resource_name": "redis"})

    assert refused.status_code == 503
    assert "MOORAGE_DATABASE_PORTS" in refused.json()["message"]
    assert len(owner.list()) == 1
    owner.remove(made["id"])
    again = owner.order("redis")
    assert again["config"]["port"] == first
    owner.remove(again["id"])


def test_a_range_that_strangers_hold_is_refused_and_nothing_is_left(
    new_service: NewService,
) -> None:
    first = new_service().ports[0]
    service = new_service(DATABASE_PORTS=f"{first}-{first + 1}")
    owner = service.user()

    with (
        socket.create_server(("127.0.0.1", first)),
        socket.create_server(("127.0.0.1", first + 1)),
    ):
        refused = owner.post({"resource_name": "redis"})

    assert refused.status_code == 503
    assert "MOORAGE_DATABASE_PORTS" in refused.json()["message"]
    assert service.engine.all() == []
    assert owner.list() == []


def test_ten_orders_at_once_are_ten_that_all_work(service: Service, owner: Client) -> None:
    other = service.user()
    customers = [owner, other] * 5

    with ThreadPoolExecutor(len(customers)) as threads:
        made = list(threads.map(lambda customer: customer.order("redis"), customers))
        list(threads.map(log_in, [resource["url"] for resource in made]))

        assert len({resource["config"]["port"] for resource in made}) == len(made)
        assert len({resource["url"] for resource in made}) == len(made)
        removals = [
            threads.submit(customer.remove, resource["id"])
            for customer, resource in zip(customers, made, strict=True)
        ]
    for removal in removals:
        removal.result()
    assert service.orphans() == []


def test_an_order_repeated_with_its_key_makes_one_thing(service: Service, owner: Client) -> None:
    order = {"resource_name": "redis", "config": {"--maxmemory": "50m"}}
    key = {"Idempotency-Key": "order-7"}

    first = owner.http.post("/resource_list", json=order, headers=key)
    again = owner.http.post("/resource_list", json=order, headers=key)
    other = owner.http.post("/resource_list", json={"resource_name": "redis"}, headers=key)

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert again.json() == first.json()
    assert len(owner.list()) == 1
