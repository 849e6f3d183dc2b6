"""`/v1/users`: who adds, sees and changes whom."""

import pytest

from moorage.audit.models import AuditEntry
from moorage.identity.models import User
from tests.make.world import Person, World
from tests.web.logins import status_of_login

pytestmark = pytest.mark.anyio

PASSWORD = "correct horse"
OTHER = "battery staple"


async def test_an_admin_adds_a_user_that_can_log_in_with_its_password(
    world: World, admin: Person
) -> None:
    wanted = {"username": "bob", "role": "admin", "password": PASSWORD, "quota_instances": 3}

    answer = await admin.http.post("/v1/users", json=wanted)

    assert answer.status_code == 201
    bob = answer.json()
    assert bob == {
        "id": bob["id"],
        "number": 2,
        "username": "bob",
        "role": "admin",
        "disabled": False,
        "has_password": True,
        "quota_instances": 3,
        "quota_memory_mib": None,
        "created_at": bob["created_at"],
    }
    assert (await admin.http.get(answer.headers["Location"])).json() == bob
    assert await status_of_login(world, "bob", PASSWORD) == 200


async def test_every_bad_field_of_a_new_user_is_named_and_no_password_told(admin: Person) -> None:
    bad = {"username": "b b", "role": "boss", "password": "pssst", "quota_instances": -1, "x": 1}

    answer = await admin.http.post("/v1/users", json=bad)

    assert answer.status_code == 400
    faults = {fault["pointer"]: fault["detail"] for fault in answer.json()["errors"]}
    assert faults.keys() == {f"#/{name}" for name in bad}
    assert faults["#/username"].startswith("has 1 to 64 of the letters")
    assert faults["#/password"] == "has 8 to 128 characters"
    assert "pssst" not in answer.text


async def test_a_taken_name_is_a_conflict(world: World, admin: Person) -> None:
    await world.person("bob")

    answer = await admin.http.post("/v1/users", json={"username": "bob"})

    assert answer.status_code == 409
    assert "'bob' is taken" in answer.json()["detail"]


async def test_the_same_request_with_the_same_key_adds_one_user(
    world: World, admin: Person
) -> None:
    wanted, key = {"username": "bob", "password": PASSWORD}, {"Idempotency-Key": "bob-1"}

    first = await admin.http.post("/v1/users", json=wanted, headers=key)
    second = await admin.http.post("/v1/users", json=wanted, headers=key)

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert len(await world.rows(User)) == 2


async def test_users_are_listed_newest_first_page_by_page(world: World, admin: Person) -> None:
    made = [(await world.person()).user.id for _ in range(3)]

    page = (await admin.http.get("/v1/users?limit=2")).json()
    rest = (await admin.http.get(f"/v1/users?limit=2&cursor={page['next']}")).json()

    listed = [user["id"] for user in page["items"] + rest["items"]]
    assert listed == [*reversed(made), admin.user.id]
    assert rest["next"] is None


async def test_users_are_found_by_name_and_by_whether_they_are_disabled(
    world: World, admin: Person
) -> None:
    await world.person("bob")
    await admin.http.patch("/v1/users/bob", json={"disabled": True})

    found = [
        [
            user["username"]
            for user in (await admin.http.get("/v1/users", params=asked)).json()["items"]
        ]
        for asked in (
            {"username": "bob"},
            {"disabled": "true"},
            {"disabled": "false"},
            {"username": "b"},
        )
    ]

    assert found == [["bob"], ["bob"], ["admin"], []]


async def test_an_admin_with_a_read_token_sees_users(world: World) -> None:
    reader = await world.person(role="admin", scopes=("read",))

    assert (await reader.http.get("/v1/users")).status_code == 200


async def test_a_user_sees_itself_and_finds_nobody_else(world: World, anna: Person) -> None:
    bob = await world.person("bob")

    own = [await anna.http.get(f"/v1/users/{name}") for name in ("me", "anna", anna.user.id)]
    others = [await anna.http.get(f"/v1/users/{name}") for name in ("bob", bob.user.id, "nobody")]

    assert [answer.json()["id"] for answer in own] == [anna.user.id] * 3
    assert [answer.status_code for answer in others] == [404] * 3


async def test_a_disabled_user_is_locked_out_at_once(world: World, admin: Person) -> None:
    bob = await world.person("bob", password=PASSWORD)

    answer = await admin.http.patch("/v1/users/bob", json={"disabled": True})

    assert (answer.status_code, answer.json()["disabled"]) == (200, True)
    assert (await bob.http.get("/v1/users/me")).status_code == 401
    assert await status_of_login(world, "bob", PASSWORD) == 401


async def test_an_enabled_user_has_its_password_and_no_token_back(
    world: World, admin: Person
) -> None:
    bob = await world.person("bob", password=PASSWORD)
    await admin.http.patch("/v1/users/bob", json={"disabled": True})

    await admin.http.patch("/v1/users/bob", json={"disabled": False})

    assert (await bob.http.get("/v1/users/me")).status_code == 401
    assert await status_of_login(world, "bob", PASSWORD) == 200


@pytest.mark.parametrize("change", [{"disabled": True}, {"role": "user"}])
async def test_the_last_administrator_stays(admin: Person, change: dict[str, object]) -> None:
    answer = await admin.http.patch("/v1/users/me", json=change)

    assert answer.status_code == 409
    assert "add another one first" in answer.json()["detail"]
    assert (await admin.http.get("/v1/users")).status_code == 200


async def test_an_admin_changes_role_quotas_and_password(world: World, admin: Person) -> None:
    await world.person("bob")
    change = {"role": "admin", "quota_instances": 5, "quota_memory_mib": 0, "password": PASSWORD}

    changed = (await admin.http.patch("/v1/users/bob", json=change)).json()
    back = (await admin.http.patch("/v1/users/bob", json={"quota_instances": None})).json()

    assert (changed["role"], changed["quota_instances"], changed["quota_memory_mib"]) == (
        "admin",
        5,
        0,
    )
    assert (back["role"], back["quota_instances"], back["quota_memory_mib"]) == ("admin", None, 0)
    assert await status_of_login(world, "bob", PASSWORD) == 200


@pytest.mark.parametrize("name", ["role", "disabled", "password", "current_password"])
async def test_what_has_a_value_cannot_be_set_to_none(admin: Person, name: str) -> None:
    answer = await admin.http.patch("/v1/users/me", json={name: None})

    assert answer.status_code == 400
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [f"#/{name}"]


async def test_a_user_may_change_nothing_of_itself_but_its_password(anna: Person) -> None:
    answer = await anna.http.patch("/v1/users/me", json={"role": "admin", "quota_instances": 9})

    assert answer.status_code == 403
    assert answer.json()["detail"] == "Only an administrator may change role, quota_instances."
    assert (await anna.http.get("/v1/users/me")).json()["role"] == "user"


async def test_a_user_may_not_even_find_whom_it_would_change(world: World, anna: Person) -> None:
    await world.person("bob")

    answer = await anna.http.patch("/v1/users/bob", json={"disabled": True})

    assert answer.status_code == 404


async def test_a_change_of_what_was_changed_since_is_refused(world: World, admin: Person) -> None:
    await world.person("bob")
    seen = {"If-Match": (await admin.http.get("/v1/users/bob")).headers["ETag"]}

    first = await admin.http.patch("/v1/users/bob", json={"quota_instances": 1}, headers=seen)
    second = await admin.http.patch("/v1/users/bob", json={"quota_instances": 2}, headers=seen)

    assert (first.status_code, second.status_code) == (200, 412)
    assert (await admin.http.get("/v1/users/bob")).json()["quota_instances"] == 1


async def test_the_audit_log_tells_what_changed_and_no_password(
    world: World, admin: Person
) -> None:
    await admin.http.post("/v1/users", json={"username": "bob", "password": PASSWORD})
    await admin.http.patch("/v1/users/bob", json={"quota_instances": 1, "password": OTHER})

    entries = await world.rows(AuditEntry)
    assert [(entry.action, entry.detail, entry.outcome) for entry in entries] == [
        ("user.create", "role=user", "ok"),
        ("user.change", "quota_instances=1, password", "ok"),
    ]
