"""A failed order and a removal leave nothing: no container, volume, network, port or secret."""

import pytest

from .broken import failing_redis, gated_redis
from .clients import keep, log_in
from .conftest import NewService
from .service import Client, Service
from .until import until

pytestmark = pytest.mark.engine

MADE_WITHIN_S = 30


def test_a_failed_order_says_why_and_leaves_nothing(new_service: NewService) -> None:
    service = new_service(failing_redis)
    owner = service.user()

    answer = owner.post({"resource_name": "redis"})

    assert answer.status_code == 503
    assert "no luck here" in answer.json()["message"]
    assert service.engine.all() == []
    assert owner.list() == []
    assert service.rows("SELECT * FROM port_reservations") == []
    assert service.rows("SELECT * FROM owner_networks") == []
    assert service.rows("SELECT container_id, port FROM instances") == [(None, None)]
    assert owner.http.delete("/resource/1").status_code == 200
    assert service.rows("SELECT secrets_sealed FROM instances") == [("",)]


def test_a_failed_order_holds_neither_its_name_nor_its_port(new_service: NewService) -> None:
    service = new_service(failing_redis)
    owner = service.user()
    assert owner.post({"resource_name": "redis", "name": "cache"}).status_code == 503

    made = owner.order("valkey", name="cache")

    assert made["config"]["port"] == service.ports[0]
    owner.remove(made["id"])


def test_a_failed_order_does_no_harm_to_its_owners_others(new_service: NewService) -> None:
    service = new_service(failing_redis)
    owner = service.user()
    made = owner.order("valkey")

    assert owner.post({"resource_name": "redis"}).status_code == 503

    assert len(service.engine.all()) == 3  # container, volume, network
    log_in(made["url"])
    owner.remove(made["id"])


def test_a_removal_leaves_nothing_and_can_be_repeated(new_service: NewService) -> None:
    service = new_service()
    owner = service.user()
    number = owner.order("mysql")["id"]

    owner.remove(number)

    assert service.engine.all() == []
    assert service.rows("SELECT * FROM port_reservations") == []
    assert service.rows("SELECT secrets_sealed FROM instances") == [("",)]
    assert owner.list() == []
    for answer in (owner.http.delete(f"/resource/{number}"), owner.http.get(f"/resource/{number}")):
        assert answer.status_code == 404
        assert answer.json()["message"] == "the item was not found"


def test_what_was_stopped_or_is_gone_can_be_removed(service: Service, owner: Client) -> None:
    stopped, gone = owner.order("redis"), owner.order("redis")
    service.engine.do("pause", stopped["container_id"])
    service.engine.remove(gone["container_id"])

    owner.remove(stopped["id"])
    owner.remove(gone["id"])

    assert service.orphans() == []


def test_what_is_still_being_made_can_be_removed(new_service: NewService) -> None:
    service = new_service(gated_redis)
    owner = service.user()
    number = owner.post({"resource_name": "redis"}, wait=0).json()["id"]
    until(service.engine.running, within_s=MADE_WITHIN_S)

    owner.remove(number)

    assert service.engine.all() == []
    assert service.rows("SELECT * FROM port_reservations") == []


def test_data_are_kept_when_that_is_asked_for(new_service: NewService) -> None:
    service = new_service()
    owner = service.user()
    made = owner.order("redis")
    keep(made["url"], "ahoy")

    answer = owner.http.delete(f"/resource/{made['id']}", params={"keep_data": "true"})

    [volume] = service.engine.volumes()
    assert answer.json() == {"id": made["id"], "deleted": True, "volume": volume["Name"]}
    assert service.engine.all() == [volume["Name"]]
    service.engine.remove_all()


def test_protection_must_be_lifted_first(service: Service, owner: Client) -> None:
    made = owner.order("redis")
    path = f"/resource/{made['id']}"
    owner.http.patch(path, json={"deletion_protection": True})

    refused = owner.http.delete(path)

    assert refused.status_code == 409
    assert "PATCH" in refused.json()["message"]
    log_in(made["url"])
    owner.http.patch(path, json={"deletion_protection": False})


def test_a_stranger_finds_nothing_to_see_or_to_remove(service: Service, owner: Client) -> None:
    made = owner.order("redis")
    stranger = service.user()
    path = f"/resource/{made['id']}"

    assert stranger.list() == []
    assert stranger.http.get(path).status_code == 404
    assert stranger.http.delete(path).status_code == 404
    log_in(made["url"])
