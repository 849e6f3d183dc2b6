"""The documentation in a browser: it can send requests that prove who asks."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from .service import Client, Service

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("browser")]

# No sandbox: it needs rights that root in a container has not. The rest keeps it offline.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """A page of the system's Chromium."""
    path = shutil.which("chromium")
    assert path, "install the package chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser.new_page()
        browser.close()


@pytest.mark.parametrize("address", ["/", "/docs", "/api/spec.html"])
def test_a_token_given_to_authorize_is_sent(
    service: Service, owner: Client, page: Page, address: str, tmp_path: Path
) -> None:
    complaints: list[str] = []
    elsewhere: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: elsewhere.append(request.url))
    made = owner.order("redis", {"--maxmemory": "64m"})

    page.goto(service.url + address)
    page.get_by_role("button", name="Authorize").first.click()
    page.get_by_label("bearer-auth-value").or_(page.locator("#auth-bearer-value")).fill(owner.token)
    page.locator(".auth-container", has_text="bearer").get_by_role("button").first.click()
    page.get_by_role("button", name="Close").first.click()
    operation = page.locator("#operations-databases_and_caches-list_resources_resource_list_get")
    operation.locator(".opblock-summary").click()
    operation.get_by_role("button", name="Execute").click()

    answer = operation.locator(".live-responses-table")
    expect(answer.locator(".response-col_status").last).to_contain_text("200")
    expect(answer).to_contain_text(made["name"])
    page.screenshot(path=tmp_path / "docs.png", full_page=True)
    assert complaints == []
    assert all(url.startswith((service.url, "data:")) for url in elsewhere)
