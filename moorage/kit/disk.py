"""A full disk: seen before it hurts, and told from what else may be wrong with a database."""

import shutil
import sqlite3
from pathlib import Path

from moorage.kit.errors import Unavailable
from moorage.kit.i18n import Text

# SQLite's log grows that far before it begins anew: https://sqlite.org/pragma.html#wal_autocheckpoint
_WANTED_FREE = 4 << 20
_SQLITE_CODES = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)  # files that are mapped tell no more
_POSTGRES_CODE = "53100"


def full(detail: str) -> Unavailable:
    """Return what to tell when nothing can be written."""
    return Unavailable(
        Text("The disk of the database is full, or broken: free some space there, then try again."),
        detail=detail,
    )


def is_full(error: BaseException) -> bool:
    """Tell whether what SQLite, PostgreSQL or SQLAlchemy raised means a full disk."""
    cause = getattr(error, "orig", error)
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF  # the rest is what it was doing
    return code in _SQLITE_CODES or getattr(cause, "sqlstate", None) == _POSTGRES_CODE


def check_room(file: Path) -> None:
    """Raise Unavailable when there is next to no room for a file to grow."""
    free = shutil.disk_usage(file.parent).free
    if free < _WANTED_FREE:
        raise full(f"{free} bytes are free")
