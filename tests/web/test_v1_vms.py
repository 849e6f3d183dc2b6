"""`/v1/vms`: VMs by operations that can be watched, repeated and tried again."""

from typing import Any

import pytest

from moorage.kit.paging import cursor
from tests.make.cloud import make_vm
from tests.make.streams import listening, watching
from tests.make.world import Person, World

pytestmark = pytest.mark.anyio

Json = dict[str, Any]  # Any: JSON
ORDER = {"name": "web-1", "image": "cirros", "flavor": "m1.tiny", "network": "private"}


async def order(person: Person, **more: object) -> Json:
    """Order a VM, and return the operation."""
    answer = await person.http.post("/v1/vms", json={**ORDER, **more})
    assert answer.status_code == 202, answer.text
    assert answer.headers["Location"] == f"/v1/operations/{answer.json()['id']}"
    operation: Json = answer.json()
    return operation


async def test_an_order_is_watched_until_the_vm_runs(world: World, anna: Person) -> None:
    operation = await order(anna)

    async with (
        listening(world) as url,
        watching(url, anna, f"/v1/operations/{operation['id']}/events") as stream,
    ):
        seen = [(one.kind, one.data.get("name"), one.data.get("status")) async for one in stream]

    assert [one[1:] for one in seen if one[0] in ("step", "end")] == [
        ("Server", "running"),
        ("Server", "succeeded"),
        ("Active", "running"),
        ("Active", "succeeded"),
        (None, "succeeded"),
    ]
    [server] = world.cloud.servers.values()
    shown = (await anna.http.get(f"/v1/vms/{operation['subject']}")).json()
    assert (shown["id"], shown["status"]) == (server.id, "ACTIVE")
    assert shown["owner_id"] == anna.user.id
    assert shown["flavor"].keys() == {"id", "name", "vcpus", "ram", "disk"}


async def test_the_same_key_makes_one_vm(world: World, anna: Person) -> None:
    answers = [
        await anna.http.post("/v1/vms", json=ORDER, headers={"Idempotency-Key": "once"})
        for _ in range(2)
    ]
    await world.settled()
    other = await anna.http.post(
        "/v1/vms", json={**ORDER, "name": "web-2"}, headers={"Idempotency-Key": "once"}
    )

    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert len(world.cloud.servers) == 1
    assert other.status_code == 422


async def test_pages_follow_each_other_newest_first(
    world: World, anna: Person, admin: Person
) -> None:
    for number in range(5):
        make_vm(world.cloud, f"web-{number}", owner=anna.user)
    make_vm(world.cloud, "by-hand")

    for person, expected in ((anna, 5), (admin, 6)):
        names: list[str] = []
        cursor: dict[str, str] = {}
        while cursor or not names:
            page = (await person.http.get("/v1/vms", params={"limit": "2", **cursor})).json()
            names += [item["name"] for item in page["items"]]
            cursor = {"cursor": page["next"]} if page["next"] else {}
        assert len(names) == expected
        assert names[-1] == "web-0"


async def test_a_cursor_that_no_page_gave_is_refused_as_such(anna: Person, admin: Person) -> None:
    for person in (anna, admin):
        answer = await person.http.get("/v1/vms", params={"cursor": cursor("nothing")})

        assert (answer.status_code, answer.json()["errors"]) == (
            400,
            [{"parameter": "cursor", "detail": "is none that a list gave as 'next'"}],
        )


async def test_a_vm_is_stopped_started_rebooted_and_removed(world: World, anna: Person) -> None:
    await order(anna)
    await world.settled()

    for method, path in (
        ("POST", "/v1/vms/web-1/stop"),
        ("POST", "/v1/vms/web-1/start"),
        ("POST", "/v1/vms/web-1/reboot"),
        ("DELETE", "/v1/vms/web-1"),
    ):
        answer = await anna.http.request(method, path)
        await world.settled()
        ended = (await anna.http.get(answer.headers["Location"])).json()
        assert (answer.status_code, ended["status"]) == (202, "succeeded")

    assert world.cloud.servers == {}
    assert (await anna.http.get("/v1/vms/web-1")).status_code == 404


async def test_a_failed_order_can_be_tried_again(world: World, anna: Person) -> None:
    world.cloud.quotas = {"instances": 0}
    operation = await order(anna)
    await world.settled()
    failed = (await anna.http.get(f"/v1/operations/{operation['id']}")).json()
    world.cloud.quotas = {}

    answer = await anna.http.post(f"/v1/operations/{operation['id']}/retry")
    await world.settled()

    assert (failed["status"], answer.status_code) == ("failed", 202)
    assert "Quota exceeded for instances" in failed["error"]
    assert [server.name for server in world.cloud.servers.values()] == ["web-1"]


async def test_an_order_that_failed_is_not_found_and_its_owner_is_told_why(
    world: World, anna: Person
) -> None:
    world.cloud.quotas = {"instances": 0}
    operation = await order(anna)
    await world.settled()

    path = f"/v1/vms/{operation['subject']}"
    hers = await anna.http.get(path)
    another = await (await world.person("bob")).http.get(path)

    nothing = f"There is no VM '{operation['subject']}'"
    assert (hers.status_code, another.status_code) == (404, 404)
    assert hers.json()["detail"].startswith(f"{nothing}: Quota exceeded for instances")
    assert another.json()["detail"] == f"{nothing}."


async def test_bad_fields_are_pointed_at_all_at_once(anna: Person) -> None:
    unread = await anna.http.post("/v1/vms", json={"name": 1, "managed": True})
    unknown = await anna.http.post("/v1/vms", json={**ORDER, "image": "X", "network": "Y"})

    pointers = [[fault["pointer"] for fault in one.json()["errors"]] for one in (unread, unknown)]
    assert (unread.status_code, unknown.status_code) == (400, 400)
    assert pointers == [
        ["#/name", "#/image", "#/flavor", "#/network", "#/managed"],
        ["#/image", "#/network"],
    ]


async def test_a_cloud_that_is_down_is_a_problem_of_its_own(world: World, anna: Person) -> None:
    world.cloud.down = True

    for answer in (
        await anna.http.get("/v1/vms"),
        await anna.http.get("/v1/vms/web-1"),
        await anna.http.post("/v1/vms", json=ORDER),
        await anna.http.delete("/v1/vms/web-1"),
    ):
        assert (answer.status_code, answer.json()["type"]) == (502, "/docs/problems/unreachable")
    assert await world.settled() == []
