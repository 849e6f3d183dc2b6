"""`/api/ticket`: logging in and out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from moorage.identity.models import Ticket
from tests.make.world import Person, World, open_world

pytestmark = pytest.mark.anyio

PASSWORD = "correct horse"
CREDENTIALS = {"username": "anna", "password": PASSWORD}
MISSING = {"detail": "Invalid request: missing username or password"}


@pytest.fixture
async def anna(world: World) -> Person:
    """Give somebody with a password."""
    return await world.person("anna", password=PASSWORD)


async def log_in(world: World, **headers: str) -> dict[str, Any]:  # Any: JSON
    """Return what a login is answered."""
    answer = await (await world.http(**headers)).post("/api/ticket", json=CREDENTIALS)
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]  # Any: JSON
    return data


async def test_a_login_is_answered_as_the_document_says(world: World, anna: Person) -> None:
    data = await log_in(world)

    assert data.keys() == {"username", "ticket", "CSRFPreventionToken", "expires"}
    assert data["username"] == "anna"
    assert len(data["ticket"]) > 43  # 256 bits
    assert data["expires"].endswith("Z")
    left = datetime.fromisoformat(data["expires"]) - datetime.now(UTC)
    assert timedelta(minutes=119) < left <= timedelta(hours=2)


async def test_a_login_may_come_as_a_form(world: World, anna: Person) -> None:
    nobody = await world.http()

    form = await nobody.post("/api/ticket", data=CREDENTIALS)
    parts = await nobody.post("/api/ticket", files={k: (None, v) for k, v in CREDENTIALS.items()})

    assert (form.status_code, parts.status_code) == (200, 200)


async def test_a_ticket_says_who_is_calling_at_every_door(world: World, anna: Person) -> None:
    ticket = (await log_in(world))["ticket"]
    holder = await world.http(x_auth_token=ticket)

    me = await holder.get("/v1/users/me")
    made = await holder.post("/resource_list", json={"resource_name": "redis"})
    apps = await holder.get("/getAllAppInfo")

    assert me.json()["username"] == "anna"
    assert (made.status_code, apps.status_code) == (201, 200)


async def test_every_failed_login_is_answered_alike(world: World, anna: Person) -> None:
    await world.person("bob")
    disabled = await world.person("carl", password=PASSWORD)
    admin = await world.person(role="admin")
    await admin.http.patch(f"/v1/users/{disabled.user.id}", json={"disabled": True})

    for number, (username, password) in enumerate(
        [("anna", "wrong"), ("nobody", PASSWORD), ("bob", PASSWORD), ("carl", PASSWORD)]
    ):
        client = await world.http(address=f"198.51.100.{number}")
        answer = await client.post("/api/ticket", json={"username": username, "password": password})

        assert (answer.status_code, answer.json()) == (401, {"data": ""})
        # At a Basic challenge a browser would ask for a password by itself.
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="moorage"'
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"username": "anna"},
        {"password": PASSWORD},
        {"username": "", "password": PASSWORD},
        {"username": "anna", "password": None},
    ],
)
async def test_a_login_without_both_fields_is_answered_as_the_document_says(
    world: World, body: dict[str, str]
) -> None:
    nobody = await world.http()

    as_json = await nobody.post("/api/ticket", json=body)
    as_form = await nobody.post("/api/ticket", data={k: v for k, v in body.items() if v})

    assert (as_json.status_code, as_json.json()) == (400, MISSING)
    assert (as_form.status_code, as_form.json()) == (400, MISSING)


@pytest.mark.parametrize(
    ("body", "status", "part"),
    [
        (b"{", 400, "The body is not JSON"),
        (b"[]", 400, "must be a JSON object"),
        (b'{"username": "anna", "password": 12345678}', 400, "password must be a text"),
        (b'{"username": ["anna"], "password": "x"}', 400, "username must be a text"),
        (b'{"username": "a", "password": "x", "otp": "1"}', 400, "otp is no field"),
        (b'{"username": "a", "username": "b", "password": "x"}', 400, "'username' twice"),
        (b'{"username": "' + b"a" * (1 << 20) + b'"}', 413, "larger than 1048576 bytes"),
    ],
)
async def test_what_is_no_login_is_refused_and_not_repeated(
    world: World, body: bytes, status: int, part: str
) -> None:
    answer = await (await world.http()).post("/api/ticket", content=body)

    assert answer.status_code == status
    assert answer.json().keys() == {"detail"}
    assert part in answer.json()["detail"]
    assert "12345678" not in answer.text


async def test_a_login_of_another_content_type_is_read_as_json(world: World, anna: Person) -> None:
    nobody = await world.http(content_type="text/plain")

    good = await nobody.post(
        "/api/ticket", content=httpx.Request("POST", "x:", json=CREDENTIALS).content
    )
    bad = await nobody.post("/api/ticket", content="username=anna&password=x")

    assert (good.status_code, bad.status_code) == (200, 400)


async def test_a_password_in_the_url_is_refused(world: World, anna: Person) -> None:
    answer = await (await world.http()).post("/api/ticket", params=CREDENTIALS)

    assert answer.status_code == 401
    assert "do not belong in a URL" in answer.json()["detail"]
    assert PASSWORD not in answer.text


async def test_after_too_many_failures_even_the_right_password_has_to_wait(
    world: World, anna: Person
) -> None:
    guesser, elsewhere = await world.http(), await world.http(address="198.51.100.9")
    wrong = CREDENTIALS | {"password": "wrong"}

    failed = [await guesser.post("/api/ticket", json=wrong) for _ in range(3)]
    right = await guesser.post("/api/ticket", json=CREDENTIALS)
    basic = await guesser.get("/resource_list", auth=("anna", PASSWORD))
    other = await elsewhere.post("/api/ticket", json=CREDENTIALS)

    assert [answer.status_code for answer in failed] == [401] * 3
    assert (right.status_code, basic.status_code, other.status_code) == (429, 429, 200)
    assert right.json().keys() == {"detail"}
    assert 1 <= int(right.headers["Retry-After"]) <= 60


async def test_a_ticket_is_renewed_by_sending_it_as_the_password(
    world: World, anna: Person
) -> None:
    old = await log_in(world)
    client = await world.http()

    answer = await client.post("/api/ticket", json=CREDENTIALS | {"password": old["ticket"]})

    new = answer.json()["data"]
    assert new["ticket"] != old["ticket"]
    for one in (old, new):
        holder = await world.http(x_auth_token=one["ticket"])
        assert (await holder.get("/v1/users/me")).status_code == 200


async def test_whoever_logs_out_is_not_known_by_the_ticket_any_more(
    world: World, anna: Person
) -> None:
    holder = await world.http(x_auth_token=(await log_in(world))["ticket"])

    left = await holder.delete("/api/ticket")
    again = await holder.delete("/api/ticket")
    asked = await holder.get("/v1/users/me")

    assert (left.status_code, left.json()) == (200, {"data": None})
    assert (again.status_code, again.json()) == (401, {"detail": "Invalid or expired token"})
    assert asked.status_code == 401
    assert await world.rows(Ticket) == []


async def test_who_has_no_ticket_has_nothing_to_log_out_of(world: World, anna: Person) -> None:
    nobody = await (await world.http()).delete("/api/ticket")
    by_token = [await anna.http.delete("/api/ticket") for _ in range(2)]

    assert (nobody.status_code, nobody.json()) == (401, {"detail": "Invalid or expired token"})
    assert [answer.status_code for answer in by_token] == [200, 200]
    assert (await anna.http.get("/v1/users/me")).status_code == 200


async def test_a_new_password_ends_all_tickets_and_no_api_token(world: World, anna: Person) -> None:
    holders = [await world.http(x_auth_token=(await log_in(world))["ticket"]) for _ in range(2)]
    wanted = {"current_password": PASSWORD, "password": "battery staple"}

    changed = await holders[0].patch("/v1/users/me", json=wanted)

    assert changed.status_code == 200
    assert [(await one.get("/v1/users/me")).status_code for one in holders] == [401, 401]
    assert (await anna.http.get("/v1/users/me")).status_code == 200


async def test_other_methods_are_refused_in_the_shape_of_the_door(world: World) -> None:
    answer = await (await world.http()).put("/api/ticket", json=CREDENTIALS)

    assert (answer.status_code, answer.json()) == (405, {"detail": "PUT does not work here."})


async def test_a_ticket_lasts_as_long_as_the_setting_says(world: World) -> None:
    async with open_world(world.settings.data_dir / "short", ticket_ttl_s=1800) as short:
        await short.person("anna", password=PASSWORD)

        data = await log_in(short)

    left = datetime.fromisoformat(data["expires"]) - datetime.now(UTC)
    assert timedelta(minutes=29) < left <= timedelta(minutes=30)


async def test_neither_password_nor_ticket_gets_into_the_log(
    world: World, anna: Person, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        data = await log_in(world)
        await (await world.http(x_auth_token=data["ticket"])).get("/v1/users/me")

    assert "/api/ticket" in caplog.text
    for secret in (PASSWORD, data["ticket"], data["CSRFPreventionToken"]):
        assert secret not in caplog.text
