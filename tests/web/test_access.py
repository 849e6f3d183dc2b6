"""Who may call what: every route of the app times every kind of caller."""

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
from tests.make.identity import make_token
from tests.make.world import Person, World, open_world

pytestmark = pytest.mark.anyio

REDIS = {"resource_name": "redis"}
DENIED = {"message": "Invalid or expired credentials."}


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
    ("GET", "/openapi.json"): OPEN,
    ("GET", "/static"): OPEN,
    ("GET", "/healthz"): OPEN,
    ("GET", "/readyz"): OPEN,
    ("GET", "/metrics"): OPEN,
    ("POST", "/user"): Access(read=403, other=403, body={"username": "new"}),
    ("POST", "/resource_list"): Access(read=403, other=201, body=REDIS),
    ("GET", "/resource_list"): Access(),
    ("GET", "/resource/{id}"): Access(other=404),
    ("PATCH", "/resource/{id}"): Access(read=403, other=404, body={"deletion_protection": False}),
    ("DELETE", "/resource/{id}"): Access(read=403, other=404),
}
GUARDED = [(*route, access) for route, access in ROUTES.items() if access]
guarded = pytest.mark.parametrize(("method", "path", "access"), GUARDED)


async def call(http: httpx.AsyncClient, method: str, path: str, access: Access) -> httpx.Response:
    return await http.request(method, path.format(id=1), json=access.body)


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
            answer = await nobody.request(method, path + file)
            assert answer.status_code == 200, path


async def test_who_does_not_say_who_it_is_is_asked_to(subtests: pytest.Subtests, world: World, anna: Person) -> None:
    for method, path, access in GUARDED:
        with subtests.test(path, method=method):
            answer = await call(await world.http(), method, path, access)

            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="moorage", Basic')
            assert answer.json()["message"].startswith("Say who you are: ")


@guarded
async def test_all_bad_credentials_are_refused_in_the_same_words(
    world: World, method: str, path: str, access: Access
) -> None:
    anna = await world.person("anna", password="correct horse")
    tokens = {name: await make_token(world.db, user=anna.user) for name in ("revoked", "expired")}
    locked_out = await world.person("bob")
    async with world.db.begin() as session:
        revoked, _ = tokens["revoked"]
        await identity.revoke_token(session, user_id=anna.user.id, token_id=revoked.id)
        await session.execute(
            update(Token)
            .where(Token.id == tokens["expired"][0].id)
            .values(expires_at=now() - timedelta(seconds=1))
        )
        await identity.disable_user(session, locked_out.user.id)
    bad = {
        "wrong": "Bearer moor_wrong",
        "empty": "Bearer ",
        "revoked": f"Bearer {tokens['revoked'][1]}",
        "expired": f"Bearer {tokens['expired'][1]}",
        "disabled": f"Bearer {locked_out.token}",
        "not base64": "Basic ???",
        "wrong password": f"Basic {'YW5uYTp3cm9uZw=='}",
        "unknown user": f"Basic {'bm9ib2R5Ondyb25n'}",
    }

    for number, (name, credentials) in enumerate(bad.items()):
        client = await world.http(address=f"192.0.2.{number}", authorization=credentials)
        answer = await call(client, method, path, access)
        assert (answer.status_code, answer.json()) == (401, DENIED), name
        assert "WWW-Authenticate" in answer.headers


async def test_a_read_token_reads_and_changes_nothing(subtests: pytest.Subtests, world: World, anna: Person) -> None:
    for method, path, access in GUARDED:
        with subtests.test(path, method=method):
            await anna.http.post("/resource_list", json=REDIS)
            _, token = await make_token(world.db, user=anna.user, scopes=["read"])

            answer = await call(await world.http(authorization=f"Bearer {token}"), method, path, access)

            assert answer.status_code == access.read
            assert (await anna.http.get("/resource/1")).json()["is_running"] is True


async def test_another_user_finds_only_its_own(subtests: pytest.Subtests, world: World, anna: Person) -> None:
    for method, path, access in GUARDED:
        with subtests.test(path, method=method):
            await anna.http.post("/resource_list", json=REDIS)
            other = await world.person()

            answer = await call(other.http, method, path, access)

            assert answer.status_code == access.other
            assert anna.user.id not in answer.text
            assert (await anna.http.get("/resource/1")).json()["is_running"] is True


async def test_credentials_in_the_url_are_refused_even_beside_good_ones(subtests: pytest.Subtests, world: World, anna: Person) -> None:
    for method, path, access in GUARDED:
        with subtests.test(path, method=method):
            for name in ("token", "access_token", "api_key", "password", "TICKET"):
                answer = await call(anna.http, method, f"{path}?{name}={anna.token}", access)

                assert answer.status_code == 401
                assert "do not belong in a URL" in answer.json()["message"]
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
            await guess(proxied, address=proxy, forwarded_for="198.51.100.1"),
            await guess(proxied, address=proxy, forwarded_for="198.51.100.1"),
            await guess(proxied, address=proxy, forwarded_for="198.51.100.2"),
            await guess(proxied, address=proxy, forwarded_for="forged, 198.51.100.1"),
            await guess(proxied, address="203.0.113.9", forwarded_for="198.51.100.3"),
            await guess(proxied, address="203.0.113.9", forwarded_for="198.51.100.4"),
        ]

    assert statuses == [401, 429, 401, 429, 401, 429]


async def guess(world: World, *, address: str, forwarded_for: str) -> int:
    """Guess a token from an address and return the status."""
    client = await world.http(
        address=address, authorization="Bearer moor_wrong", x_forwarded_for=forwarded_for
    )
    return (await client.get("/resource_list")).status_code
