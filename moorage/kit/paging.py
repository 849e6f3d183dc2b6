"""Pages of a list: the newest first, the next one from where the last one ended. Pure."""

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TypedDict, TypeVar

from moorage.kit.errors import Invalid
from moorage.kit.i18n import Text

T = TypeVar("T")

_KEY = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True, slots=True)
class Page:
    """What is asked for. after: the key (mostly the id) of the last item that was seen."""

    limit: int
    after: str | None = None

    @property
    def one_more(self) -> int:
        """How many rows to read: the one too many tells that there is a next page."""
        return self.limit + 1


class Listed(TypedDict):
    """A page as it is answered. next: the cursor of the page after this one."""

    items: Sequence[object]
    next: str | None


def listed(rows: Sequence[T], page: Page, *, key: Callable[[T], str] = attrgetter("id")) -> Listed:
    """Return the page of rows of which one more was read. key: what the list is sorted by."""
    items = rows[: page.limit]
    return {"items": items, "next": cursor(key(items[-1])) if len(rows) > len(items) else None}


def cursor(key: str) -> str:
    """Return the cursor of the page that begins after the item with this key."""
    return base64.urlsafe_b64encode(key.encode()).rstrip(b"=").decode()


def after(cursor_: str) -> str:
    """Return the key that a cursor stands for. Raises Invalid on what is no cursor of ours."""
    try:
        key = base64.urlsafe_b64decode(f"{cursor_}==").decode("ascii")
    except (binascii.Error, ValueError):
        key = ""
    if not _KEY.fullmatch(key) or cursor(key) != cursor_:
        raise unknown_cursor()
    return key


def unknown_cursor() -> Invalid:
    """Return what to say of a cursor that no page gave."""
    return Invalid(
        Text("The cursor is none of ours; send the one that the last page gave as 'next'."),
        fields={"cursor": Text("is none that a list gave as 'next'")},
    )
