"""What people do on the pages of apps: log in, write something, read it again."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import httpx

from .service import Json

Store = Callable[[httpx.Client, Json], None]
TEXT = "Boats sail on water."


@contextmanager
def browser(credentials: Json) -> Iterator[httpx.Client]:
    """Open the app's pages."""
    with httpx.Client(base_url=credentials["url"], follow_redirects=True, timeout=60) as client:
        yield client


def write_wiki_page(browser: httpx.Client, credentials: Json) -> None:
    """Log into a DokuWiki and write a page."""
    login = {"u": credentials["user"], "p": credentials["password"], "do": "login"}
    browser.post(
        "/doku.php", data={**login, "sectok": _field(browser, "/doku.php?do=login", "sectok")}
    )
    token = _field(browser, "/doku.php?id=boats&do=edit", "sectok")
    page = {"id": "boats", "wikitext": TEXT, "sectok": token, "do[save]": "1"}
    _well(browser.post("/doku.php", data=page))


def write_post(browser: httpx.Client, credentials: Json) -> None:
    """Log into a WordPress and publish a post."""
    browser.get("/wp-login.php")
    login = {"log": credentials["user"], "pwd": credentials["password"], "testcookie": "1"}
    _well(browser.post("/wp-login.php", data=login))
    nonce = _well(browser.get("/wp-admin/admin-ajax.php?action=rest-nonce")).text
    post = {"title": "Boats", "content": TEXT, "status": "publish"}
    headers = {"X-WP-Nonce": nonce}
    _well(browser.post("/?rest_route=/wp/v2/posts", json=post, headers=headers))


def make_project(browser: httpx.Client, credentials: Json) -> None:
    """Log into a Redmine and make a project."""
    login = {"username": credentials["user"], "password": credentials["password"]}
    token = _field(browser, "/login", "authenticity_token")
    _well(browser.post("/login", data={**login, "authenticity_token": token}))
    token = _field(browser, "/projects/new", "authenticity_token")
    project = {"project[name]": TEXT, "project[identifier]": "boats", "project[is_public]": "1"}
    _well(browser.post("/projects", data={**project, "authenticity_token": token}))


STORED: Mapping[str, tuple[Store, str]] = {
    "dokuwiki": (write_wiki_page, "/doku.php?id=boats"),
    "wordpress": (write_post, "/"),
    "redmine": (make_project, "/projects"),
}


def _field(browser: httpx.Client, path: str, name: str) -> str:
    """Return the value of a hidden field of a page."""
    page = _well(browser.get(path)).text
    found = re.search(rf'<input[^>]*name="{name}"[^>]*>', page)
    value = re.search(r'value="([^"]*)"', found[0]) if found else None
    assert value, page
    return value[1]


def _well(answer: httpx.Response) -> httpx.Response:
    assert answer.status_code < 400, answer.text
    return answer
