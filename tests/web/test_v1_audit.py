"""`/v1/audit`: who did what, and who tried what it may not do."""

import pytest

from moorage.audit.models import AuditEntry
from tests.make.world import ADDRESS, Person, World

pytestmark = pytest.mark.anyio

REDIS = {"resource_name": "redis"}
LAPTOP = {"name": "laptop"}


async def test_an_entry_says_who_did_what_when_and_from_where(admin: Person, anna: Person) -> None:
    made = await anna.http.post("/v1/tokens", json=LAPTOP, headers={"X-Request-Id": "r-1"})

    answer = await admin.http.get("/v1/audit")

    assert answer.status_code == 200
    [entry] = answer.json()["items"]
    assert entry == {
        "id": entry["id"],
        "at": entry["at"],
        "user_id": anna.user.id,
        "username": "anna",
        "action": "token.create",
        "subject": made.json()["id"],
        "address": ADDRESS,
        "request_id": "r-1",
        "outcome": "ok",
        "detail": f"user={anna.user.id}, scopes=read write",
    }
    assert made.json()["token"] not in answer.text


async def test_entries_of_all_doors_are_listed_newest_first_page_by_page(
    admin: Person, anna: Person
) -> None:
    await anna.http.post("/resource_list", json=REDIS)
    await anna.http.post("/v1/tokens", json=LAPTOP)
    await admin.http.post("/user", json={"username": "bob"})

    page = (await admin.http.get("/v1/audit?limit=2")).json()
    rest = (await admin.http.get(f"/v1/audit?limit=2&cursor={page['next']}")).json()

    actions = [entry["action"] for entry in page["items"] + rest["items"]]
    assert actions == ["user.create", "token.create", "instance.create"]
    assert rest["next"] is None


async def test_entries_are_found_by_what_they_say(
    subtests: pytest.Subtests, admin: Person, anna: Person
) -> None:
    token = (await anna.http.post("/v1/tokens", json=LAPTOP)).json()
    await admin.http.post("/v1/users", json={"username": "bob"})
    newest, oldest = (await admin.http.get("/v1/audit")).json()["items"]

    for asked, found in {
        ("user", "anna"): [oldest],
        ("user", anna.user.id): [oldest],
        ("user", "me"): [newest],
        ("action", "user.create"): [newest],
        ("subject", token["id"]): [oldest],
        ("since", oldest["at"]): [newest, oldest],
        ("until", newest["at"]): [oldest],
        ("since", "2999-01-01T00:00:00Z"): [],
        ("action", "user"): [],
    }.items():
        with subtests.test(str(asked)):
            answer = await admin.http.get("/v1/audit", params=dict([asked]))

            assert answer.json()["items"] == found


async def test_a_filter_that_makes_no_sense_is_refused_by_name(
    subtests: pytest.Subtests, admin: Person
) -> None:
    for name, value in {
        "since": "yesterday",
        "until": "2030-01-31T12:00:00",
        "action": "a\x00b",
        "outcome": "ok",
    }.items():
        with subtests.test(name):
            answer = await admin.http.get("/v1/audit", params={name: value})

            assert answer.status_code == 400
            assert [fault["parameter"] for fault in answer.json()["errors"]] == [name]


async def test_a_user_that_is_none_is_not_found(admin: Person) -> None:
    assert (await admin.http.get("/v1/audit?user=nobody")).status_code == 404


async def test_what_its_caller_may_not_do_is_written_down_once(
    world: World, admin: Person, anna: Person
) -> None:
    await anna.http.post("/v1/users", json={"username": "bob"})
    await anna.http.patch("/v1/users/me", json={"role": "admin"})
    await anna.http.post("/user", json={"username": "bob"})

    entries = (await admin.http.get("/v1/audit?user=anna")).json()["items"]

    assert [(entry["action"], entry["subject"], entry["outcome"]) for entry in entries] == [
        ("request", "POST /user", "denied"),
        ("request", "PATCH /v1/users/me", "denied"),
        ("request", "POST /v1/users", "denied"),
    ]
    assert entries[1]["detail"] == "Only an administrator may change role."


async def test_what_a_read_token_may_not_do_is_written_down(world: World, admin: Person) -> None:
    reader = await world.person("reader", scopes=("read",))

    await reader.http.delete("/resource/1")

    [entry] = (await admin.http.get("/v1/audit")).json()["items"]
    assert (entry["username"], entry["subject"]) == ("reader", "DELETE /resource/1")
    assert entry["outcome"] == "denied"


async def test_a_path_that_somebody_made_up_is_cut_off_and_quoted(
    world: World, admin: Person
) -> None:
    reader = await world.person(scopes=("read",))

    await reader.http.delete("/resource/%00" + "x" * 1000)

    [entry] = (await admin.http.get("/v1/audit")).json()["items"]
    assert entry["subject"].startswith("DELETE /resource/%00xxx")
    assert len(entry["subject"]) == 200


async def test_reading_looking_in_vain_and_bad_requests_leave_no_entry(
    world: World, anna: Person
) -> None:
    await anna.http.get("/v1/audit")
    await anna.http.delete("/resource/1")
    await anna.http.post("/v1/tokens", json={})
    await (await world.http()).post("/v1/tokens", json=LAPTOP)

    assert await world.rows(AuditEntry) == []


async def test_an_order_above_the_quota_leaves_no_entry(world: World, admin: Person) -> None:
    anna = await world.person("anna")
    await admin.http.patch("/v1/users/anna", json={"quota_instances": 0})

    refused = await anna.http.post("/resource_list", json=REDIS)

    assert refused.status_code == 413
    assert [entry.username for entry in await world.rows(AuditEntry)] == ["admin"]
