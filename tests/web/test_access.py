"""Who may call what: every route of the app times every kind of caller."""

import base64
from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest
from fastapi.routing import iter_route_contexts
from sqlalchemy import update
from starlette.routing import Mount

from moorage.identity import service as identity
from moorage.identity.models import Token
from moorage.kit.clock import now
from moorage.kit.crypto import new_token
from moorage.operations.models import Operation
from tests.make.cloud import make_vm
from tests.make.identity import make_token, make_user
from tests.make.world import Person, World, open_world

pytestmark = pytest.mark.anyio

VM = {"name": "web-1", "image": "cirros", "flavor": "m1.tiny", "network": "private"}
REDIS = {"resource_name": "redis"}
DENIED = "Invalid or expired credentials."
MACHINES = ("/api/info", "/api/ticket")
UNKNOWN = "Invalid or expired token"  # in the words of that door's document


@dataclass(frozen=True, slots=True)
class Access:
    """What a route answers. read: to a token that may only read; other: to another user."""

    read: int = 200
    other: int = 200
    body: object = None


OPEN = None  # anybody may call it

ROUTES: dict[tuple[str, str], Access | None] = {
    ("GET", "/"): OPEN,
    ("GET", "/docs"): OPEN,
    ("GET", "/api/spec.html"): OPEN,
    ("GET", "/docs/problems"): OPEN,
    ("GET", "/docs/problems/{problem}"): OPEN,
    ("GET", "/openapi.json"): OPEN,
    ("GET", "/static"): OPEN,
    ("GET", "/healthz"): OPEN,
    ("GET", "/readyz"): OPEN,
    ("GET", "/metrics"): OPEN,
    ("GET", "/api/status"): OPEN,
    ("POST", "/api/ticket"): OPEN,
    ("GET", "/api/info"): Access(),
    ("DELETE", "/api/ticket"): Access(),
    ("POST", "/user"): Access(read=403, other=403, body={"username": "new"}),
    ("POST", "/resource_list"): Access(read=403, other=201, body=REDIS),
    ("GET", "/resource_list"): Access(),
    ("GET", "/resource/{id}"): Access(other=404),
    ("PATCH", "/resource/{id}"): Access(read=403, other=404, body={"deletion_protection": False}),
    ("DELETE", "/resource/{id}"): Access(read=403, other=404),
    **{
        (method, path): access
        for method in ("GET", "POST")
        for path, access in {
            "/installApp": Access(read=403, body={"appName": "dokuwiki"}),
            "/uninstallApp": Access(read=403, body={"appName": "dokuwiki"}),
            "/uninstallAllApp": Access(read=403, body={"confirm": True}),
            "/getAppInfo": Access(body={"appName": "dokuwiki"}),
            "/getAllAppInfo": Access(),
            "/getAppList": Access(),
            "/searchServer": Access(),
        }.items()
    },
    ("GET", "/api/v1/image"): Access(),
    ("GET", "/api/v1/image/{image:path}"): Access(),
    ("GET", "/api/v1/flavor"): Access(),
    ("GET", "/api/v1/flavor/{flavor:path}"): Access(),
    ("GET", "/api/v1/network"): Access(),
    ("GET", "/api/v1/network/{network:path}"): Access(),
    ("GET", "/api/v1/limits"): Access(),
    ("GET", "/api/v1/server"): Access(),
    ("POST", "/api/v1/server"): Access(read=403, other=201, body=VM),
    ("GET", "/api/v1/server/{id:path}"): Access(other=404),
    ("DELETE", "/api/v1/server/{id:path}"): Access(read=403, other=404),
    ("POST", "/api/v1/server/{id:path}/start"): Access(read=403, other=404),
    ("POST", "/api/v1/server/{id:path}/stop"): Access(read=403, other=404),
    ("POST", "/api/v1/server/{id:path}/reboot"): Access(read=403, other=404),
    ("GET", "/v1/audit"): Access(read=403, other=403),
    ("GET", "/v1/blueprints"): Access(),
    ("GET", "/v1/blueprints/{blueprint}"): Access(),
    ("GET", "/v1/blueprints/{blueprint}/icon"): Access(),
    ("GET", "/v1/instances"): Access(),
    ("POST", "/v1/instances"): Access(read=403, other=202, body={"blueprint": "redis"}),
    ("GET", "/v1/instances/{instance}"): Access(other=404),
    ("PATCH", "/v1/instances/{instance}"): Access(read=403, other=404, body={"labels": {}}),
    ("DELETE", "/v1/instances/{instance}"): Access(read=403, other=404),
    ("GET", "/v1/instances/{instance}/credentials"): Access(other=404),
    ("GET", "/v1/instances/{instance}/logs"): Access(other=404),
    ("POST", "/v1/instances/{instance}/restart"): Access(read=403, other=404),
    ("POST", "/v1/instances/{instance}/start"): Access(read=403, other=404),
    ("POST", "/v1/instances/{instance}/stop"): Access(read=403, other=404),
    ("GET", "/v1/machines"): Access(),
    ("GET", "/v1/machines/{machine}"): Access(read=404, other=404),
    ("PATCH", "/v1/machines/{machine}"): Access(read=403, other=403, body={"assigned_to": None}),
    ("GET", "/v1/machines/{machine}/history"): Access(read=404, other=404),
    ("GET", "/v1/operations"): Access(),
    ("GET", "/v1/operations/{operation_id}"): Access(other=404),
    ("POST", "/v1/operations/{operation_id}/cancel"): Access(read=403, other=404),
    ("GET", "/v1/operations/{operation_id}/events"): Access(other=404),
    ("POST", "/v1/operations/{operation_id}/retry"): Access(read=403, other=404),
    ("GET", "/v1/servers"): Access(),
    ("GET", "/v1/servers/{server}"): Access(),
    ("GET", "/v1/tokens"): Access(),
    ("POST", "/v1/tokens"): Access(read=403, other=201, body={"name": "laptop"}),
    ("GET", "/v1/tokens/{token_id}"): Access(read=404, other=404),
    ("DELETE", "/v1/tokens/{token_id}"): Access(read=403, other=404),
    ("GET", "/v1/usage"): Access(),
    ("GET", "/v1/users"): Access(read=403, other=403),
    ("POST", "/v1/users"): Access(read=403, other=403, body={"username": "new"}),
    ("GET", "/v1/users/{user}"): Access(),
    ("PATCH", "/v1/users/{user}"): Access(read=403, other=403, body={"disabled": False}),
    ("GET", "/v1/vms"): Access(),
    ("POST", "/v1/vms"): Access(read=403, other=202, body=VM),
    ("GET", "/v1/vms/{vm:path}"): Access(other=404),
    ("DELETE", "/v1/vms/{vm:path}"): Access(read=403, other=404),
    ("POST", "/v1/vms/{vm:path}/reboot"): Access(read=403, other=404),
    ("POST", "/v1/vms/{vm:path}/start"): Access(read=403, other=404),
    ("POST", "/v1/vms/{vm:path}/stop"): Access(read=403, other=404),
}
PLACES = {
    "id": 1,
    "instance": 1,
    "machine": 1,
    "operation_id": "op_1",
    "blueprint": "redis",
    "problem": "conflict",
    "server": "local",
    "token_id": "tok_0",
    "user": "me",
    "vm": 1,
    "image": "cirros",
    "flavor": "m1.tiny",
    "network": "private",
}
GUARDED = [(*route, access) for route, access in ROUTES.items() if access]


async def call(http: httpx.AsyncClient, method: str, path: str, access: Access) -> httpx.Response:
    place = path.replace(":path}", "}").format(**PLACES)
    return await http.request(method, place, json=access.body)


async def order(world: World, person: Person) -> None:
    """Order the resource 1, by the operation op_1; have a VM of that name."""
    make_vm(world.cloud, "1", owner=person.user)
    await person.http.post("/resource_list", json=REDIS)
    async with world.db.begin() as session:
        await session.execute(update(Operation).values(id="op_1"))


def sentence(answer: httpx.Response) -> str:
    """Return what an error says, whatever the door."""
    body = answer.json()
    return str(body.get("message") or body["detail"])


async def test_every_route_of_the_app_says_who_may_call_it(world: World) -> None:
    mounts = {("GET", route.path) for route in world.app.routes if isinstance(route, Mount)}
    routes = {
        (method, context.path or "")
        for context in iter_route_contexts(world.app.routes)
        for method in context.methods or ()
        if method != "HEAD"
    }

    assert routes | mounts == ROUTES.keys()


async def test_open_routes_answer_anybody(world: World) -> None:
    nobody = await world.http()

    for (method, path), access in ROUTES.items():
        if access is OPEN:
            file = "/swagger/init.js" if path == "/static" else ""
            answer = await nobody.request(method, path.format(**PLACES) + file)
            assert answer.status_code == (400 if path == "/api/ticket" else 200), path


async def test_who_does_not_say_who_it_is_is_asked_to(
    subtests: pytest.Subtests, world: World
) -> None:
    for method, path, access in GUARDED:
        with subtests.test(path, method=method):
            answer = await call(await world.http(), method, path, access)

            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="moorage", Basic')
            assert sentence(answer).startswith(UNKNOWN if path in MACHINES else "Say who you are: ")


async def test_all_bad_tokens_are_refused_in_the_same_words(
    subtests: pytest.Subtests, world: World
) -> None:
    tokens = await make_bad_tokens(world)

    for number, (cause, token) in enumerate(tokens.items()):
        for place, (method, path, access) in enumerate(GUARDED):
            with subtests.test(cause, path=path, method=method):
                address = f"192.0.{number}.{place}"  # not throttled
                client = await world.http(address=address, authorization=f"Bearer {token}")

                answer = await call(client, method, path, access)

                denied = UNKNOWN if path in MACHINES else DENIED
                assert (answer.status_code, sentence(answer)) == (401, denied)
                assert answer.headers["WWW-Authenticate"].startswith("Bearer realm=")


async def test_a_bad_ticket_is_refused_everywhere(subtests: pytest.Subtests, world: World) -> None:
    tickets = {"wrong": new_token("ticket"), "none": "ticket", "of an API": "moor_wrong"}

    for number, (cause, ticket) in enumerate(tickets.items()):
        for place, (method, path, access) in enumerate(GUARDED):
            for name in ("x_auth_token", "cookie"):
                with subtests.test(cause, path=path, method=method, name=name):
                    given = ticket if name == "x_auth_token" else f"MoorageTicket={ticket}"
                    address = f"192.0.{number}.{place}"  # not throttled
                    client = await world.http(address=address, **{name: given})

                    answer = await call(client, method, path, access)

                    denied = UNKNOWN if path in MACHINES else DENIED
                    assert (answer.status_code, sentence(answer)) == (401, denied)


async def test_the_cookie_without_its_token_changes_nothing(
    subtests: pytest.Subtests, world: World
) -> None:
    await world.person("anna", password="correct horse", role="admin")
    browser = await world.http()
    login = {"username": "anna", "password": "correct horse"}
    assert (await browser.post("/api/ticket", json=login)).status_code == 200

    for method, path, access in GUARDED:
        if method != "GET":
            with subtests.test(path, method=method):
                answer = await call(browser, method, path, access)

                assert (answer.status_code, sentence(answer)) == (401, "invalid csrf token")


async def test_all_bad_passwords_are_refused_in_the_same_words(
    subtests: pytest.Subtests, world: World
) -> None:
    await world.person("anna", password="correct horse")
    await world.person("bob")

    for text in ("anna:wrong", "nobody:wrong", "bob:", "anna", ":", "anna:correct horse "):
        with subtests.test(text):
            credentials = base64.b64encode(text.encode()).decode()
            client = await world.http(address=text, authorization=f"Basic {credentials}")

            answer = await client.get("/resource_list")

            assert (answer.status_code, sentence(answer)) == (401, DENIED)


@pytest.mark.parametrize("header", ["Basic ???", "Basic", "Basic /w==", "Digest abc", "Bearer"])
async def test_a_header_that_is_none_is_refused(world: World, header: str) -> None:
    answer = await (await world.http(authorization=header)).get("/resource_list")

    assert answer.status_code == 401
    assert "WWW-Authenticate" in answer.headers


async def test_a_read_token_reads_and_changes_nothing(
    subtests: pytest.Subtests, world: World, anna: Person
) -> None:
    await order(world, anna)
    _, token = await make_token(world.db, user=anna.user, scopes=["read"])
    reader = await world.http(authorization=f"Bearer {token}")

    for method, path, access in GUARDED:
        with subtests.test(path, method=method):
            answer = await call(reader, method, path, access)

            assert answer.status_code == access.read
            assert (await anna.http.get("/resource/1")).json()["is_running"] is True


async def test_another_user_finds_only_its_own(
    subtests: pytest.Subtests, world: World, anna: Person
) -> None:
    await order(world, anna)
    other = await world.person()

    for method, path, access in GUARDED:
        with subtests.test(path, method=method):
            answer = await call(other.http, method, path, access)

            assert answer.status_code == access.other
            assert anna.user.id not in answer.text
            assert (await anna.http.get("/resource/1")).json()["is_running"] is True


async def test_credentials_in_the_url_are_refused_even_beside_good_ones(
    subtests: pytest.Subtests, anna: Person
) -> None:
    for method, path, access in GUARDED:
        with subtests.test(path, method=method):
            for name in ("token", "access_token", "api_key", "password", "TICKET"):
                answer = await call(anna.http, method, f"{path}?{name}={anna.token}", access)

                assert answer.status_code == 401
                assert "do not belong in a URL" in sentence(answer)
                assert anna.token not in answer.text


async def test_a_password_proves_who_is_calling(world: World) -> None:
    await world.person("anna", password="correct horse")
    client = await world.http()

    answer = await client.get("/resource_list", auth=("anna", "correct horse"))

    assert answer.status_code == 200


async def test_too_many_failures_from_one_address_make_it_wait(world: World) -> None:
    anna = await world.person("anna", password="correct horse")
    guesser = await world.http(authorization="Basic YW5uYTp3cm9uZw==")
    elsewhere = await world.http(address="198.51.100.1")

    answers = [await guesser.get("/resource_list") for _ in range(4)]
    right = await guesser.get("/resource_list", auth=("anna", "correct horse"))
    other_address = await elsewhere.get("/resource_list", auth=("anna", "correct horse"))
    good_token = await anna.http.get("/resource_list")

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert right.status_code == 429
    assert 1 <= int(right.headers["Retry-After"]) <= 60
    assert (other_address.status_code, good_token.status_code) == (200, 200)


async def test_a_forwarded_address_counts_only_from_a_trusted_proxy(world: World) -> None:
    proxy = "192.0.2.1"
    async with open_world(
        world.settings.data_dir / "proxied", login_failures=1, trusted_proxies=proxy
    ) as proxied:
        statuses = [
            await guess(proxied, proxy, "198.51.100.1"),
            await guess(proxied, proxy, "198.51.100.1"),
            await guess(proxied, proxy, "198.51.100.2"),
            await guess(proxied, proxy, "forged, 198.51.100.1"),
            await guess(proxied, proxy, "forged", "198.51.100.1"),
            await guess(proxied, "203.0.113.9", "198.51.100.3"),
            await guess(proxied, "203.0.113.9", "198.51.100.4"),
        ]

    assert statuses == [401, 429, 401, 429, 429, 401, 429]


async def make_bad_tokens(world: World) -> dict[str, str]:
    """Return tokens that prove nothing, by cause."""
    user, locked_out = await make_user(world.db), await world.person()
    (revoked, revoked_text), (expired, expired_text) = [
        await make_token(world.db, user=user) for _ in range(2)
    ]
    async with world.db.begin() as session:
        await identity.revoke_token(session, user_id=user.id, token_id=revoked.id)
        user = await identity.get_user(session, locked_out.user.id)
        await identity.change_user(session, user, {"disabled": True})
        past = now() - timedelta(seconds=1)
        await session.execute(update(Token).where(Token.id == expired.id).values(expires_at=past))
    return {
        "wrong": "moor_wrong",
        "empty": "",
        "revoked": revoked_text,
        "expired": expired_text,
        "disabled user": locked_out.token,
    }


async def guess(world: World, address: str, *forwarded_for: str) -> int:
    """Guess a token from an address and return the status. forwarded_for: a header line each."""
    client = await world.http(address=address, authorization="Bearer moor_wrong")
    lines = [("X-Forwarded-For", line) for line in forwarded_for]
    return (await client.get("/resource_list", headers=lines)).status_code
