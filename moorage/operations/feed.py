"""What happens in an operation, told as it happens; who comes back later misses nothing."""

import asyncio
import contextvars
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, func, select

from moorage.kit.db import Database
from moorage.kit.errors import Unavailable
from moorage.kit.pause import pause
from moorage.kit.rows import Query, Values
from moorage.operations.models import UNFINISHED, Operation, OperationEvent
from moorage.operations.service import topic

Data = Mapping[str, Any]  # Any: JSON, by kind
Row = tuple[str, int | None, datetime, str, Data]  # status, and an event; None: there is none

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class News:
    """Something that happened. number: grows with each of an operation.

    kind: status, step, line, progress or end.
    """

    number: int
    kind: str
    at: datetime
    data: Data


class Feed:
    """The news of all operations, for who watches in this process.

    Commits of other processes may wake nobody here, so somebody looks: one for all who watch, or
    a thousand of them would be busy while nothing happens.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._watched: Counter[str] = Counter()  # topic → by how many
        self._looking: asyncio.Task[None] | None = None

    async def follow(
        self, operation_id: str, *, after: int = 0
    ) -> AsyncGenerator[Sequence[News], None]:
        """Yield what happened after a number, and what happens, some at a time.

        Ends when the operation has ended, nobody knows it any more, or this process is to end.
        """
        async with self._waiting(topic(operation_id)) as changed:
            while not self._db.wakes.is_closed:
                changed.clear()
                news, is_over = await self._news(operation_id, after)
                if news:
                    after = news[-1].number
                    yield news
                elif is_over:
                    return
                else:
                    await changed.wait()

    async def is_over(self, operation_id: str, *, after: int) -> bool:
        """Tell whether nothing more will happen, nor has happened after a number."""
        news, is_over = await self._news(operation_id, after)
        return is_over and not news

    async def _news(self, operation_id: str, after: int) -> tuple[Sequence[News], bool]:
        return await self._db.answer(
            _NEWS, operation_id=operation_id, row=_row_before(after), after=after
        )

    @asynccontextmanager
    async def _waiting(self, topic: str) -> AsyncIterator[asyncio.Event]:
        """Yield what is set when there may be news."""
        self._watched[topic] += 1
        if self._looking is None:
            # In an empty context, or all it logs would carry the first watcher's request id.
            self._looking = asyncio.create_task(
                self._look(), name="feed", context=contextvars.Context()
            )
        try:
            async with self._db.wakes.listen(topic) as changed:
                yield changed
        finally:
            self._watched -= Counter([topic])
            if not self._watched:
                self._looking.cancel()
                self._looking = None

    async def _look(self) -> None:
        newest = None
        while True:
            with suppress(Unavailable):  # then it is looked again
                found = await self._db.answer(_NEWEST)
                if found != newest:
                    newest = found
                    for topic in self._watched:
                        self._db.wakes.touch(topic)
            await pause(self._db.wakes.look_again_s)


def _told(rows: Sequence[Row], values: Values) -> tuple[Sequence[News], bool]:
    """Return the news, and whether there will be none after them."""
    news = [
        one
        for _, row, at, kind, data in rows
        if row is not None
        for one in _news(row, at, kind, data)
        if one.number > values["after"]
    ]
    return news, not rows or rows[0][0] not in UNFINISHED


_NEWEST = Query(select(func.max(OperationEvent.number)), lambda rows, _: rows[0][0])
_NEWS = Query(
    select(
        Operation.status,
        OperationEvent.number,
        OperationEvent.at,
        OperationEvent.kind,
        OperationEvent.data,
    )
    .outerjoin(
        OperationEvent,
        and_(
            OperationEvent.operation_id == Operation.id,
            OperationEvent.number > bindparam("row"),
        ),
    )
    .where(Operation.id == bindparam("operation_id"))
    .order_by(OperationEvent.number)
    .limit(_AT_ONCE),
    _told,
)


def _news(row: int, at: datetime, kind: str, data: Data) -> Iterator[News]:
    """Tell of a row once or, when it brings the operation further, twice; see _row_before."""
    first, second = 2 * row, 2 * row + 1
    if kind == "step" and data["status"] == "succeeded":
        yield News(first, kind, at, data)
        yield News(second, "progress", at, {"progress": data["progress"]})
    elif kind == "end" and data["status"] == "succeeded":
        yield News(first, "progress", at, {"progress": 100})
        yield News(second, kind, at, data)
    else:
        yield News(second, kind, at, data)


def _row_before(number: int) -> int:
    """Return the last row of which everything had been told at that number."""
    return (number - 1) // 2
