"""The VMs door: what the cloud has, and VMs from order to removal."""

from typing import Any
from urllib.parse import quote

import httpx
import pytest

from moorage.openstack.port import OWNER_KEY
from tests.make.cloud import ORDER, make_vm
from tests.make.world import Person, World

pytestmark = pytest.mark.anyio

Json = dict[str, Any]  # Any: JSON
DOOR = "/api/v1"


async def made(person: Person, **more: object) -> Json:
    """Order a VM, and return it when it runs."""
    answer = await person.http.post(f"{DOOR}/server/", json={**ORDER, **more})
    assert answer.status_code == 201, answer.text
    server: Json = answer.json()["server"]
    return server


async def names(person: Person, **parameters: str | int) -> list[str]:
    """Return the names of the VMs that somebody sees."""
    answer = await person.http.get(f"{DOOR}/server", params=parameters)
    assert answer.status_code == 200, answer.text
    return [server["name"] for server in answer.json()["servers"]]


async def test_what_the_cloud_has_is_listed_and_shown_by_name_and_id(anna: Person) -> None:
    for noun, name in {"image": "cirros", "flavor": "m1.tiny", "network": "private"}.items():
        everything = (await anna.http.get(f"{DOOR}/{noun}")).json()[f"{noun}s"]

        by_name = (await anna.http.get(f"{DOOR}/{noun}/{name}")).json()[noun]
        by_id = (await anna.http.get(f"{DOOR}/{noun}/{by_name['id']}")).json()[noun]

        assert by_name == by_id
        assert by_name in everything


async def test_things_have_the_fields_that_they_should(anna: Person) -> None:
    image = (await anna.http.get(f"{DOOR}/image/cirros")).json()["image"]
    flavor = (await anna.http.get(f"{DOOR}/flavor/m1.tiny")).json()["flavor"]
    network = (await anna.http.get(f"{DOOR}/network/private")).json()["network"]

    assert image.keys() >= {"id", "name", "status", "size", "min_disk", "min_ram", "created_at"}
    assert flavor == {"id": "1", "name": "m1.tiny", "vcpus": 1, "ram": 512, "disk": 1}
    assert network.keys() == {"id", "name", "status", "subnets"}


async def test_lists_page_by_limit_and_marker(anna: Person) -> None:
    first = (await anna.http.get(f"{DOOR}/flavor?limit=2")).json()["flavors"]
    second = (await anna.http.get(f"{DOOR}/flavor?limit=2&marker={first[-1]['id']}")).json()

    assert [one["id"] for one in first] == ["1", "2"]
    assert [one["id"] for one in second["flavors"]] == ["3"]


async def test_a_page_asks_the_cloud_for_that_page_only(world: World, admin: Person) -> None:
    for number in range(5):
        make_vm(world.cloud, f"web-{number}")

    assert await names(admin, limit=2) == ["web-4", "web-3"]
    assert [one for one in world.cloud.seen if one.startswith("page of")] == ["page of 2 Server"]


async def test_an_order_is_answered_when_the_vm_runs(world: World, anna: Person) -> None:
    answer = await anna.http.post(f"{DOOR}/server/", json=ORDER)

    assert answer.status_code == 201
    assert answer.headers["Location"].startswith("/v1/operations/op_")
    server = answer.json()["server"]
    assert (server["name"], server["status"]) == ("web-1", "ACTIVE")
    assert server.keys() >= {"id", "addresses", "image", "flavor", "created"}
    [known] = world.cloud.servers.values()
    assert (known.id, known.metadata[OWNER_KEY]) == (server["id"], anna.user.id)
    for path in (server["id"], "web-1"):
        assert (await anna.http.get(f"{DOOR}/server/{path}")).json() == {"server": server}


async def test_an_order_may_use_the_other_names_and_ids(world: World, anna: Person) -> None:
    order = {
        "name": "web-1",
        "image": world.cloud.images[0].id,
        "flavor": "1",
        "network": "private",
        "managed": False,
    }

    answer = await anna.http.post(f"{DOOR}/server", json=order)

    assert (answer.status_code, answer.json()["server"]["status"]) == (201, "ACTIVE")


async def test_an_order_may_be_a_form(anna: Person) -> None:
    answer = await anna.http.post(f"{DOOR}/server", data={**ORDER, "managed": "false"})

    assert (answer.status_code, answer.json()["server"]["status"]) == (201, "ACTIVE")


async def test_an_order_that_takes_longer_is_followed(world: World, anna: Person) -> None:
    answer = await anna.http.post(f"{DOOR}/server?wait=0", json=ORDER)

    assert answer.status_code == 202
    server = answer.json()["server"]
    assert (server["name"], server["status"]) == ("web-1", "BUILD")
    assert server["flavor"] == {"id": "1", "name": "m1.tiny", "vcpus": 1, "ram": 512, "disk": 1}
    await world.settled()
    operation = (await anna.http.get(answer.headers["Location"])).json()
    assert (operation["kind"], operation["status"]) == ("vm.create", "succeeded")
    later = (await anna.http.get(f"{DOOR}/server/{server['id']}")).json()["server"]
    assert (later["name"], later["status"]) == ("web-1", "ACTIVE")
    assert later["flavor"] == {**server["flavor"], "id": None}  # the cloud tells the name alone


async def test_a_vm_is_stopped_started_and_rebooted(world: World, anna: Person) -> None:
    server = await made(anna)
    seen = []

    for verb in ("stop", "start", "reboot"):
        answer = await anna.http.post(f"{DOOR}/server/{server['id']}/{verb}")
        assert (answer.status_code, answer.json()["server"]["id"]) == (202, server["id"])
        await world.settled()
        found = (await anna.http.get(f"{DOOR}/server/{server['id']}")).json()["server"]
        seen.append(found["status"])

    assert seen == ["SHUTOFF", "ACTIVE", "ACTIVE"]


async def test_a_removed_vm_is_gone_when_that_is_answered(world: World, anna: Person) -> None:
    server = await made(anna)

    first = await anna.http.delete(f"{DOOR}/server/{server['id']}")
    second = await anna.http.delete(f"{DOOR}/server/{server['id']}")

    assert (first.status_code, first.json()) == (200, {"server": server, "success": True})
    assert world.cloud.servers == {}
    assert second.status_code == 404
    assert (await anna.http.get(f"{DOOR}/server/{server['id']}")).status_code == 404


async def test_everybody_sees_its_own_vms_and_an_administrator_all(
    world: World, anna: Person, admin: Person
) -> None:
    bob = await world.person("bob")
    for number in range(3):
        make_vm(world.cloud, f"anna-{number}", owner=anna.user)
        make_vm(world.cloud, f"bob-{number}", owner=bob.user)
    make_vm(world.cloud, "by-hand")

    assert await names(anna) == ["anna-2", "anna-1", "anna-0"]
    first = await anna.http.get(f"{DOOR}/server?limit=2")
    assert await names(anna, limit=2, marker=first.json()["servers"][-1]["id"]) == ["anna-0"]
    assert len(await names(admin)) == 7
    hidden = next(one.id for one in world.cloud.servers.values() if one.name == "bob-1")
    assert await names(anna, marker=hidden) == ["anna-1", "anna-0"]


async def test_a_page_follows_one_whose_last_vm_is_gone(
    world: World, anna: Person, admin: Person
) -> None:
    vms = [make_vm(world.cloud, f"anna-{number}", owner=anna.user) for number in range(3)]

    await anna.http.delete(f"{DOOR}/server/{vms[1].id}")

    assert vms[1].id not in world.cloud.servers
    for person in (anna, admin):
        assert await names(person, limit=1, marker=vms[1].id) == ["anna-0"]


async def test_what_others_call_theirs_is_no_obstacle(world: World, anna: Person) -> None:
    bob = await world.person("bob")
    mine = make_vm(world.cloud, "web", owner=anna.user)
    make_vm(world.cloud, "web", owner=bob.user)

    answer = await anna.http.get(f"{DOOR}/server/web")

    assert answer.json()["server"]["id"] == mine.id


@pytest.mark.parametrize("door", [f"{DOOR}/server", "/v1/vms"])
@pytest.mark.parametrize("name", ["a/b", "a/start", "a//stop"])
async def test_a_vm_with_slashes_in_its_name_is_known_by_it(
    world: World, anna: Person, door: str, name: str
) -> None:
    make_vm(world.cloud, name, owner=anna.user)
    path = f"{door}/{quote(name, safe='')}"

    shown = await anna.http.get(path)
    stopped = await anna.http.post(f"{path}/stop")
    await world.settled()
    removed = await anna.http.delete(path)
    await world.settled()

    assert [one.status_code for one in (shown, stopped)] == [200, 202]
    assert removed.status_code == (202 if door == "/v1/vms" else 200)
    assert world.cloud.servers == {}


async def test_an_administrator_removes_what_was_made_by_hand(world: World, admin: Person) -> None:
    server = make_vm(world.cloud, "by-hand")

    answer = await admin.http.delete(f"{DOOR}/server/by-hand")

    assert (answer.status_code, answer.json()["server"]["id"]) == (200, server.id)
    assert world.cloud.servers == {}


async def test_the_limits_are_shown_with_what_is_used(world: World, anna: Person) -> None:
    world.cloud.quotas = {"instances": 3}
    await made(anna)

    limits = (await anna.http.get(f"{DOOR}/limits")).json()["limits"]["absolute"]

    assert (limits["maxTotalInstances"], limits["totalInstancesUsed"]) == (3, 1)


async def test_what_is_asked_is_in_the_audit_log(anna: Person, admin: Person) -> None:
    server = await made(anna)
    await anna.http.delete(f"{DOOR}/server/{server['id']}")

    entries = (await admin.http.get("/v1/audit")).json()["items"]

    assert [entry["action"] for entry in entries] == ["vm.delete", "vm.create"]
    assert len({entry["subject"] for entry in entries}) == 1


async def test_the_index_page_documents_every_method(world: World) -> None:
    paths = (await (await world.http()).get("/openapi.json")).json()["paths"]

    methods = {
        (method.upper(), path.removeprefix(DOOR))
        for path, item in paths.items()
        if path.startswith(DOOR)
        for method in item
    }
    assert {
        ("GET", "/image"),
        ("GET", "/image/{image}"),
        ("GET", "/flavor"),
        ("GET", "/flavor/{flavor}"),
        ("GET", "/network"),
        ("GET", "/network/{network}"),
        ("GET", "/server"),
        ("GET", "/server/{id}"),
        ("POST", "/server"),
        ("DELETE", "/server/{id}"),
    } <= methods


async def test_no_answer_tells_a_password(anna: Person) -> None:
    answer = await anna.http.post(f"{DOOR}/server/", json=ORDER)

    assert isinstance(answer, httpx.Response)
    assert "adminPass" not in answer.text
