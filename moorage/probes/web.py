"""Ask for a page over HTTP, or only connect."""

import asyncio

import aiohttp

from moorage.kit import urls
from moorage.probes.port import Page, attempt, not_ready

_READ_BYTES = 1 << 20
_SILENCE_S = 0.2


class WebVisitor:
    """A client of web servers, and of others that have a TCP port."""

    async def visit(self, page: Page) -> None:
        """Ask for the page, once."""
        async with attempt(page):
            if page.scheme in ("http", "https"):
                await _ask(page)
            else:
                await _connect(page)


async def _ask(page: Page) -> None:
    url = f"{page.scheme}://{urls.host(page.address)}:{page.port}{page.path}"
    try:
        async with aiohttp.request("GET", url, allow_redirects=False, ssl=False) as answer:
            status, text = answer.status, await _text(answer.content)
    except aiohttp.ClientError as error:
        raise not_ready(page, _reason(error)) from error
    is_fine = status in page.status if page.status else status < 500
    if not is_fine:
        raise not_ready(page, f"it answers with status {status}")
    if page.contains not in text:
        raise not_ready(page, f"its page has no {page.contains!r}")


async def _text(content: aiohttp.StreamReader) -> str:
    """Return the beginning of a page."""
    read = bytearray()
    while len(read) < _READ_BYTES and (chunk := await content.readany()):
        read += chunk
    return read.decode(errors="replace")


async def _connect(page: Page) -> None:
    """Connect; an engine that takes connections for nobody closes them at once."""
    reader, writer = await asyncio.open_connection(page.address, page.port)
    try:
        async with asyncio.timeout(_SILENCE_S):
            if not await reader.read(1):
                raise not_ready(page, "the connection was cut")
    except TimeoutError:
        return
    finally:
        writer.transport.abort()


def _reason(error: aiohttp.ClientError) -> str:
    cause = getattr(error, "os_error", None) or error
    return (getattr(cause, "strerror", None) or "the connection was cut").lower()
