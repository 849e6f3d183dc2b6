"""`/v1/machines`: lists, assignments, history."""

import pytest

from moorage.audit.models import AuditEntry
from moorage.inventory import samples
from tests.make.machines import Json, row, write
from tests.make.world import Person, World

pytestmark = pytest.mark.anyio

PATH = "/v1/machines"


@pytest.fixture(autouse=True)
def machines(world: World) -> None:
    """Write a file of machines."""
    write(world.settings.machines_file, row(9), row(10, rack=7), row(100, GPU=""))


async def assign(admin: Person, **change: object) -> Json:
    """Change the machine 10."""
    answer = await admin.http.patch(f"{PATH}/10", json=change)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def test_pages_follow_each_other_in_the_order_of_ids(anna: Person) -> None:
    found: list[Json] = []
    cursor: dict[str, str] = {}
    while cursor or not found:
        page = (await anna.http.get(PATH, params={"limit": "2", **cursor})).json()
        assert len(page["items"]) <= 2
        found += page["items"]
        cursor = {"cursor": page["next"]} if page["next"] else {}

    assert [one["name"] for one in found] == ["machine009", "machine010", "machine100", "local"]


async def test_a_machine_is_told_as_by_info_with_the_rest_apart(anna: Person) -> None:
    [info] = [one for one in (await anna.http.get("/api/info")).json()["data"] if one["id"] == 10]

    shown = (await anna.http.get(f"{PATH}/10")).json()

    assert info.pop("rack") == 7
    assert shown == {**info, "other": {"rack": 7}, "assigned_to": None}


async def test_filters_are_those_of_info(anna: Person) -> None:
    answer = await anna.http.get(PATH, params={"gpu": "4090", "source": "files", "limit": 1})

    assert [one["id"] for one in answer.json()["items"]] == [9]
    assert answer.json()["next"]


async def test_a_cursor_of_another_list_does_no_harm(anna: Person) -> None:
    cursor = (await anna.http.get("/v1/blueprints?limit=1")).json()["next"]

    assert (await anna.http.get(PATH, params={"cursor": cursor})).json()["items"] == []


async def test_an_assignment_tells_an_admin_the_names_and_a_user_nothing(
    anna: Person, admin: Person
) -> None:
    by_name_and_id = await assign(admin, assigned_to=["admin", anna.user.id, "anna"])
    listed = (await admin.http.get(PATH)).json()["items"]
    hers = (await anna.http.get(f"{PATH}/10")).json()

    assert by_name_and_id["assigned_to"] == ["admin", "anna"]
    assert [one["assigned_to"] for one in listed] == [None, ["admin", "anna"], None, None]
    assert hers["assigned_to"] is None


async def test_what_is_not_changed_stays(admin: Person) -> None:
    await assign(admin, assigned_to=["admin"])

    assert (await assign(admin))["assigned_to"] == ["admin"]
    assert (await assign(admin, assigned_to=[]))["assigned_to"] == []
    assert (await assign(admin, assigned_to=None))["assigned_to"] is None


async def test_a_user_that_is_not_there_is_named_and_nothing_changes(admin: Person) -> None:
    await assign(admin, assigned_to=["admin"])

    answer = await admin.http.patch(f"{PATH}/10", json={"assigned_to": ["admin", "bob", "ü\x00"]})

    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {"pointer": "#/assigned_to/1", "detail": "there is no user 'bob'"},
        {"pointer": "#/assigned_to/2", "detail": "there is no user 'ü\\x00'"},
    ]
    assert (await admin.http.get(f"{PATH}/10")).json()["assigned_to"] == ["admin"]


@pytest.mark.parametrize(
    "change",
    [{"assigned_to": "anna"}, {"assigned_to": [7]}, {"assigned_to": ["a"] * 1001}, {"name": "x"}],
)
async def test_a_bad_change_is_refused_by_field(admin: Person, change: Json) -> None:
    answer = await admin.http.patch(f"{PATH}/10", json=change)

    [field] = change
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"].startswith(f"#/{field}")


async def test_a_machine_that_somebody_else_assigned_meanwhile_is_not_overwritten(
    admin: Person,
) -> None:
    tag = (await admin.http.get(f"{PATH}/10")).headers["ETag"]
    change = {"assigned_to": ["admin"]}
    first = await admin.http.patch(f"{PATH}/10", json=change, headers={"If-Match": tag})
    second = await admin.http.patch(f"{PATH}/10", json=change, headers={"If-Match": tag})
    third = await admin.http.patch(
        f"{PATH}/10", json=change, headers={"If-Match": first.headers["ETag"]}
    )

    assert [one.status_code for one in (first, second, third)] == [200, 412, 200]


async def test_no_cache_shows_a_machine_without_asking(admin: Person) -> None:
    answer = await admin.http.get(f"{PATH}/10")

    assert answer.headers["Cache-Control"] == "private, no-cache"


async def test_the_tag_does_not_change_with_what_the_machine_does(
    world: World, admin: Person
) -> None:
    before = (await admin.http.get(f"{PATH}/10")).headers["ETag"]
    write(world.settings.machines_file, row(10, status="stopped"))

    after = await admin.http.get(f"{PATH}/10")

    assert (after.json()["status"], after.headers["ETag"]) == ("stopped", before)


async def test_an_assignment_goes_into_the_audit_log(world: World, admin: Person) -> None:
    await assign(admin, assigned_to=["admin"])
    await assign(admin, assigned_to=[])
    await assign(admin, assigned_to=None)

    entries = [one for one in await world.rows(AuditEntry) if one.action == "machine.assign"]
    assert [(one.subject, one.detail) for one in entries] == [
        ("10", "admin"),
        ("10", "nobody"),
        ("10", "everybody"),
    ]


async def test_what_a_user_does_not_see_is_not_there(anna: Person, admin: Person) -> None:
    await assign(admin, assigned_to=["admin"])

    answers = [await anna.http.get(f"{PATH}/{place}") for place in ("10", "10/history", "7", "x")]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert answers[0].json()["detail"] == "There is no machine '10'."


async def test_history_has_what_the_service_measured(world: World, anna: Person) -> None:
    [local] = (await anna.http.get(f"{PATH}?source=servers")).json()["items"]
    await samples.sample(world.db, world.tools.machines)

    items = (await anna.http.get(f"{PATH}/{local['id']}/history?hours=1")).json()["items"]

    assert items[-1].pop("at")
    assert items[-1] == {"cpu": 0.25, "mem_used": 4 << 30, "disk_used": 30 << 30, "gpu": None}


@pytest.mark.parametrize("hours", ["0", "169", "-1", "a", "1.5"])
async def test_history_goes_back_a_week_at_most(anna: Person, hours: str) -> None:
    answer = await anna.http.get(f"{PATH}/10/history", params={"hours": hours})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == "hours"


async def test_only_admins_are_told_what_is_wrong_with_the_file(
    world: World, anna: Person, admin: Person
) -> None:
    world.settings.machines_file.write_text("{")

    told = (await admin.http.get(PATH)).json()["problem"]

    assert told.startswith(f"{world.settings.machines_file}: Line 1 is not JSON")
    assert (await anna.http.get(PATH)).json()["problem"] is None
