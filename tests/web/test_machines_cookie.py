"""The cookie `MoorageTicket`, and the token that has to come with it."""

import base64

import httpx
import pytest

from tests.make.world import Person, World, open_world

pytestmark = pytest.mark.anyio

PASSWORD = "correct horse"
CREDENTIALS = {"username": "anna", "password": PASSWORD}
TOKEN = "CSRFPreventionToken"
ORDER = {"resource_name": "redis"}
CHANGING_BY_GET = ["/installApp?appName=dokuwiki", "/uninstallApp?appName=dokuwiki"]


@pytest.fixture
async def anna(world: World) -> Person:
    """Give somebody with a password."""
    return await world.person("anna", password=PASSWORD)


@pytest.fixture
async def browser(world: World, anna: Person) -> httpx.AsyncClient:
    """Give a browser in which anna logged in."""
    browser = await world.http()
    answer = await browser.post("/api/ticket", json=CREDENTIALS)
    assert answer.status_code == 200
    browser.headers["x-csrf-of-test"] = answer.json()["data"][TOKEN]
    return browser


def csrf(browser: httpx.AsyncClient) -> dict[str, str]:
    """Return the header that only a page knows which saw the login."""
    return {TOKEN: browser.headers["x-csrf-of-test"]}


async def test_a_login_sets_a_cookie_that_no_script_can_read(world: World, anna: Person) -> None:
    answer = await (await world.http()).post("/api/ticket", json=CREDENTIALS)

    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"MoorageTicket={answer.json()['data']['ticket']}; ")
    assert {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=7200"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


async def test_with_tls_the_cookie_never_goes_without(world: World) -> None:
    proxy = "192.0.2.1"
    async with open_world(world.settings.data_dir / "proxied", trusted_proxies=proxy) as proxied:
        await proxied.person("anna", password=PASSWORD)
        by_proxy = await proxied.http(address=proxy, x_forwarded_proto="https")
        by_liar = await proxied.http(address="192.0.2.2", x_forwarded_proto="https")

        through = await by_proxy.post("/api/ticket", json=CREDENTIALS)
        direct = await by_liar.post("https://moorage.test/api/ticket", json=CREDENTIALS)
        lied = await by_liar.post("/api/ticket", json=CREDENTIALS)

    assert "Secure" in through.headers["set-cookie"]
    assert "Secure" in direct.headers["set-cookie"]
    assert "Secure" not in lied.headers["set-cookie"]


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_another_site_cannot_put_its_own_ticket_into_a_browser(
    world: World, anna: Person, site: str
) -> None:
    page = await world.http(sec_fetch_site=site)

    answer = await page.post("/api/ticket", data=CREDENTIALS)

    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers


async def test_the_cookie_alone_reads_and_changes_nothing(browser: httpx.AsyncClient) -> None:
    read = await browser.get("/resource_list")
    refused = [
        await browser.post("/resource_list", json=ORDER),
        await browser.delete("/api/ticket"),
        await browser.post("/getAllAppInfo"),
        *[await browser.get(path) for path in CHANGING_BY_GET],
    ]

    assert read.status_code == 200
    for answer in refused:
        assert answer.status_code == 401
        assert "invalid csrf token" in answer.text
    assert (await browser.get("/resource_list")).json()["data"] == []


async def test_the_cookie_with_its_token_changes_what_its_user_may(
    browser: httpx.AsyncClient,
) -> None:
    made = await browser.post("/resource_list", json=ORDER, headers=csrf(browser))
    installed = await browser.get(CHANGING_BY_GET[0], headers=csrf(browser))

    assert made.status_code == 201
    assert "csrf" not in installed.text


async def test_the_token_of_another_ticket_is_refused(
    world: World, browser: httpx.AsyncClient
) -> None:
    other = await (await world.http()).post("/api/ticket", json=CREDENTIALS)

    for token in (other.json()["data"][TOKEN].encode(), b"", b"\xe9"):
        given = {TOKEN.encode(): token}
        answer = await browser.post("/resource_list", json=ORDER, headers=given)

        assert answer.status_code == 401
        assert answer.json()["message"] == "invalid csrf token"


async def test_other_credentials_count_before_the_cookie_and_need_no_token(
    world: World, browser: httpx.AsyncClient, anna: Person
) -> None:
    bob = await world.person("bob", password=PASSWORD)
    login = await (await world.http()).post("/api/ticket", json=CREDENTIALS | {"username": "bob"})
    ticket = login.json()["data"]["ticket"]

    as_bob = [
        {"Authorization": f"Bearer {bob.token}"},
        {"X-Auth-Token": ticket},
        {"Authorization": f"Bearer {bob.token}", "X-Auth-Token": "ticket of nobody"},
    ]

    for headers in as_bob:
        answer = await browser.patch("/v1/users/me", json={}, headers=headers)
        assert (answer.status_code, answer.json()["username"]) == (200, "bob")
    wrong = await browser.get("/v1/users/me", headers={"Authorization": "Bearer moor_wrong"})
    assert wrong.status_code == 401


@pytest.mark.parametrize("value", ["", " "])
async def test_an_empty_header_is_no_way_past_the_token(
    browser: httpx.AsyncClient, value: str
) -> None:
    for name in ("Authorization", "X-Auth-Token"):
        answer = await browser.post("/resource_list", json=ORDER, headers={name: value})

        assert answer.status_code == 401


async def test_whoever_logs_out_has_no_cookie_any_more(browser: httpx.AsyncClient) -> None:
    answer = await browser.delete("/api/ticket", headers=csrf(browser))

    assert answer.status_code == 200
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert "MoorageTicket" not in browser.cookies
    assert (await browser.get("/resource_list")).status_code == 401


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_another_site_cannot_use_a_password_that_a_browser_remembers(
    world: World, anna: Person, site: str
) -> None:
    secret = base64.b64encode(b"anna:correct horse").decode()
    page = await world.http(authorization=f"Basic {secret}", sec_fetch_site=site)
    program = await world.http(authorization=f"Basic {secret}")

    answers = [
        await page.post("/resource_list", content=b'{"resource_name": "redis"}'),
        await page.post("/v1/tokens", content=b'{"name": "stolen"}'),
        await page.post("/uninstallAllApp", data={"confirm": "true"}),
        await page.delete("/resource/1"),
        await page.get("/installApp", params={"appName": "dokuwiki"}),
    ]

    assert [answer.status_code for answer in answers] == [403] * 5
    assert (await page.get("/resource_list")).json() == {"data": []}
    assert (await program.post("/resource_list", json=ORDER)).status_code == 201
