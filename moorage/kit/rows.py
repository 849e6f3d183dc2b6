"""Small reads that cost next to nothing: a SELECT compiled once, on SQLite without a thread.

The way through the driver's thread costs more than most queries do. One that finds some rows by
an index is done in microseconds, and a reader of a WAL file waits for no writer; so it runs on
the event loop itself. What scans, counts or sorts a table belongs into `Database.read`: others go
on meanwhile.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar, TypeVarTuple, cast

from sqlalchemy import Select
from sqlalchemy.dialects.sqlite import dialect

T = TypeVar("T")
Columns = TypeVarTuple("Columns")
Values = Mapping[str, Any]  # Any: texts and numbers, by the names of the bindparams

_SQLITE = dialect(paramstyle="named")
_ROWS_KEPT = 5_000  # a few MB


class Query(Generic[T]):
    """A SELECT by an index, with bindparams, and what is made of its few hundred rows at most.

    shape: makes it of the rows and the values, and of nothing else. Nobody changes it afterwards.
    """

    def __init__(
        self,
        statement: Select[*Columns],
        shape: Callable[[Sequence[tuple[*Columns]], Values], T],
    ) -> None:
        self.statement: Select[*tuple[Any, ...]] = statement  # Any: the shape knows
        self.shape: Callable[[Sequence[Any], Values], T] = shape  # Any: as above

    def rows(self, connection: sqlite3.Connection, values: Values) -> list[tuple[object, ...]]:
        """Return the rows of an SQLite file. Raises sqlite3.Error."""
        sql, constants = self._compiled
        rows = connection.execute(sql, {**constants, **values}).fetchall()
        if not (rows and self._converters):
            return rows
        columns = list[Iterable[object]](zip(*rows, strict=True))
        for place, converter in self._converters:
            columns[place] = map(converter, columns[place])
        return [*zip(*columns, strict=True)]

    @cached_property
    def _compiled(self) -> tuple[str, Values]:
        compiled = self.statement.compile(dialect=_SQLITE)
        return compiled.string, compiled.params

    @cached_property
    def _converters(self) -> list[tuple[int, Callable[[Any], object]]]:  # Any: as SQLite keeps it
        found = (
            (place, column.type.dialect_impl(_SQLITE).result_processor(_SQLITE, None))
            for place, column in enumerate(self.statement.selected_columns)
        )
        return [(place, converter) for place, converter in found if converter is not None]


class Direct:
    """The event loop's own connection to an SQLite file. It cannot write, and it never waits."""

    def __init__(self, file: str) -> None:
        self._uri = f"{Path(file).absolute().as_uri()}?mode=rw"  # and make no file
        self._connection: sqlite3.Connection | None = None
        self._version: object = None
        self._kept: dict[object, object] = {}
        self._room = _ROWS_KEPT

    def answer(self, query: Query[T], values: Values) -> T:
        """Return what the query makes of the latest commit. Raises sqlite3.Error, also if locked.

        Answers are kept until somebody, in whatever process, commits:
        https://sqlite.org/pragma.html#pragma_data_version
        """
        connection = self._connection or self._connect()
        version = connection.execute("PRAGMA data_version").fetchone()
        if version != self._version or self._room < 0:
            self._kept.clear()
            self._version, self._room = version, _ROWS_KEPT
        key = (query, *values.items())
        if key not in self._kept:
            rows = query.rows(connection, values)
            self._kept[key] = query.shape(rows, values)
            self._room -= 1 + len(rows)
        return cast(T, self._kept[key])

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self) -> sqlite3.Connection:
        self._connection = sqlite3.connect(self._uri, uri=True, timeout=0, isolation_level=None)
        self._connection.execute("PRAGMA query_only=ON")
        return self._connection
