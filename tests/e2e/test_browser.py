"""The documentation in a browser: it can send requests that prove who asks."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from .service import Client, Service

pytestmark = pytest.mark.engine

# No sandbox: it needs rights that root in a container has not. The rest keeps it offline.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
GRAVE = {"error", "warning"}
TIMEOUT_MS = 20_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    path = shutil.which("chromium")
    assert path, "install the package chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in a session of its own, where nobody is logged in."""
    with browser.new_context() as session:
        session.set_default_timeout(TIMEOUT_MS)
        yield session.new_page()


@pytest.mark.parametrize("address", ["/", "/docs", "/api/spec.html"])
def test_a_token_given_to_authorize_is_sent(
    service: Service, owner: Client, page: Page, address: str, tmp_path: Path
) -> None:
    complaints: list[str] = []
    addresses: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in GRAVE else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: addresses.append(request.url))
    made = owner.order("redis", {"--maxmemory": "64m"})

    page.goto(service.url + address)
    page.get_by_role("button", name="Authorize").first.click()
    page.get_by_label("auth-bearer-value").fill(owner.token)
    page.get_by_role("button", name="Apply credentials").first.click()
    page.get_by_role("button", name="Close").first.click()
    operation = page.locator("#operations-databases_and_caches-list_resources_resource_list_get")
    operation.locator(".opblock-summary").click()
    operation.get_by_role("button", name="Execute").click()

    answer = operation.locator(".live-responses-table")
    expect(answer.locator(".response-col_status").last).to_contain_text("200")
    expect(answer).to_contain_text(made["name"])
    page.screenshot(path=tmp_path / "docs.png", full_page=True)
    assert complaints == []
    assert all(url.startswith((service.url, "data:")) for url in addresses)
