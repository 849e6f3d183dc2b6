"""Pages as a browser asks for them: cookies are kept, redirects followed, forms filled in."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from ..service import Json

TEXT = "Boats sail on water"  # what people store
TIMEOUT_S = 60

# Matomo counts no visits of programs.
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@contextmanager
def browser(login: Json) -> Iterator[httpx.Client]:
    """Open an app's pages. login: its credentials, as the service tells them."""
    with httpx.Client(
        base_url=login["url"],
        follow_redirects=True,
        timeout=TIMEOUT_S,
        headers={"User-Agent": AGENT},
        event_hooks={"response": [_must_go_well]},
    ) as client:
        yield client


@contextmanager
def api(login: Json) -> Iterator[httpx.Client]:
    """Open an app's interface for programs, which send the password with every request."""
    with browser(login) as client:
        client.auth = (login["user"], login["password"])
        yield client


def field(page: httpx.Response, name: str) -> str:
    """Return the value of a field of a page."""
    given = re.search(rf"""<input[^>]*name=["']{re.escape(name)}["'][^>]*>""", page.text)
    value = re.search(r"""value=["']([^"']*)["']""", given[0]) if given else None
    assert value, page.text
    return value[1]


def shown(page: httpx.Response) -> str:
    """Return the text, which must be on the page."""
    assert TEXT in page.text, page.text
    return TEXT


def _must_go_well(answer: httpx.Response) -> None:
    if answer.is_error:
        answer.read()
    assert not answer.is_error, answer.text
