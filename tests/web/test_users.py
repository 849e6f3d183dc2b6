"""`POST /user`: who may add whom, and in which forms."""

import pytest

from moorage.audit.models import AuditEntry
from tests.make.world import Person, World

pytestmark = pytest.mark.anyio

NAME_RULE = "has 1 to 64 of the letters A-Z and a-z, digits, '.', '_', '-'"
BAD_NAMES = ("bob smith", "bob\n", "ünal", "../bob", "x" * 65, "\x00", "'--")


async def test_an_admin_adds_a_user_whose_token_works_at_once(world: World, admin: Person) -> None:
    answer = await admin.http.post("/user", json={"username": "bob"})

    assert answer.status_code == 201
    body = answer.json()
    assert body == {"id": 2, "username": "bob", "token": body["token"]}
    bob = await world.http(authorization=f"Bearer {body['token']}")
    assert (await bob.get("/resource_list")).json() == {"data": []}


async def test_a_user_can_be_added_with_a_form_and_with_a_query(admin: Person) -> None:
    by_form = await admin.http.post("/user", data={"username": "bob"})
    by_parts = await admin.http.post("/user", files={"username": (None, "carol")})
    by_query = await admin.http.post("/user?username=dave")

    assert [by_form.status_code, by_parts.status_code, by_query.status_code] == [201] * 3
    assert [one.json()["username"] for one in (by_form, by_parts, by_query)] == [
        "bob",
        "carol",
        "dave",
    ]


@pytest.mark.parametrize("body", [{}, {"username": ""}, {"username": None}])
async def test_a_missing_username_is_refused_in_the_documented_words(
    admin: Person, body: dict[str, object]
) -> None:
    answers = [
        await admin.http.post("/user", json=body),
        await admin.http.post("/user", data={}),
        await admin.http.post("/user?username="),
    ]

    for answer in answers:
        assert answer.status_code == 400
        assert answer.json()["message"] == "username must required!"


async def test_a_name_that_no_user_may_have_is_refused_with_the_rule(
    subtests: pytest.Subtests, admin: Person
) -> None:
    for name in BAD_NAMES:
        with subtests.test(name):
            answer = await admin.http.post("/user", json={"username": name})

            assert answer.status_code == 400
            assert answer.json()["errors"] == {"username": NAME_RULE}


async def test_a_username_that_is_no_text_is_refused(admin: Person) -> None:
    answer = await admin.http.post("/user", json={"username": 5})

    assert answer.status_code == 400
    assert "given was 5" in answer.json()["errors"]["username"]


async def test_an_unknown_field_is_refused(admin: Person) -> None:
    answer = await admin.http.post("/user", json={"username": "bob", "role": "admin"})

    assert answer.status_code == 400
    assert answer.json()["errors"] == {
        "role": "is no field of this request; it takes username",
    }


async def test_a_taken_name_is_a_conflict_and_adds_nobody(world: World, admin: Person) -> None:
    await admin.http.post("/user", json={"username": "bob"})

    answer = await admin.http.post("/user", json={"username": "bob"})

    assert answer.status_code == 409
    assert "'bob' is taken" in answer.json()["message"]
    assert [entry.action for entry in await world.rows(AuditEntry)] == ["user.create"]


async def test_a_user_may_not_add_users(anna: Person) -> None:
    answer = await anna.http.post("/user", json={"username": "bob"})

    assert answer.status_code == 403
    assert answer.json() == {"message": "Only an administrator may do this."}


async def test_an_admins_read_token_may_not_add_users(world: World) -> None:
    reader = await world.person(role="admin", scopes=("read",))

    answer = await reader.http.post("/user", json={"username": "bob"})

    assert answer.status_code == 403
    assert "'write'" in answer.json()["message"]


async def test_the_audit_log_says_who_added_whom_and_from_where(
    world: World, admin: Person
) -> None:
    await admin.http.post("/user", json={"username": "bob"}, headers={"X-Request-Id": "r-1"})

    [entry] = await world.rows(AuditEntry)
    assert (entry.username, entry.action, entry.address) == ("admin", "user.create", "192.0.2.7")
    assert entry.request_id == "r-1"
    assert entry.subject.startswith("usr_")
