"""Lists in pages: `limit` and `cursor` in, `items` and `next` out."""

from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from moorage.kit import paging
from moorage.kit.paging import Page

Item = TypeVar("Item")

LONGEST = 200
DEFAULT = 50


class ListOut(BaseModel, Generic[Item]):
    """One page of a list."""

    items: list[Item]
    next: str | None = Field(description="The `cursor` of the next page; null after the last one.")


async def get_page(
    limit: Annotated[int, Query(ge=1, le=LONGEST, description="How many items at most.")] = DEFAULT,
    cursor: Annotated[str | None, Query(description="`next` of the page before.")] = None,
) -> Page:
    """Return which page is asked for. Raises Invalid."""
    return Page(limit, None if cursor is None else paging.after(cursor))


PageDep = Annotated[Page, Depends(get_page)]
