"""Machines taken from a file into ours: all or none, and readers see the old or the new one."""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

import msgspec

from moorage.inventory.files import read, unreadable
from moorage.inventory.rows import Json, check, rows_of
from moorage.kit.clock import now
from moorage.kit.errors import Invalid, Unavailable
from moorage.kit.i18n import Text

_MODE = 0o644


def import_machines(given: Path, into: Path, *, replace: bool = False) -> tuple[int, int]:
    """Add the machines of a file to ours; return how many it has, and how many there are now.

    Of two with one id the new one stays. replace: have all others go. Blocks. Raises Invalid,
    Unavailable.
    """
    new = _rows(given)
    try:
        before = _rows(into) if into.exists() and not replace else {}
        after = before | new
        _write(into.resolve(), [*after.values()])
    except OSError as error:
        raise Unavailable(
            Text("{file} cannot be written: {reason}.", file=into, reason=error.strerror)
        ) from error
    return len(new), len(after)


def count_gone(given: Path, ours: Path) -> int:
    """Return how many of our machines a file does not name. Blocks. Raises as import_machines."""
    return len(_rows(ours).keys() - _rows(given).keys()) if ours.exists() else 0


def _rows(file: Path) -> dict[int, Json]:
    """Return the rows of a file by id, as they are but for typos."""
    try:
        rows = rows_of(read(file)[0])
        machines = check(rows, seen_at=now())
    except OSError as error:
        raise unreadable(file, error) from error
    except Invalid as error:
        raise Invalid(Text("{file}: {reason}", file=file, reason=error.message)) from error
    return {one.id: row | {"status": one.status} for one, row in zip(machines, rows, strict=True)}


def _write(file: Path, rows: list[Json]) -> None:
    content = msgspec.json.format(msgspec.json.encode({"data": rows}))
    mode = stat.S_IMODE(file.stat().st_mode) if file.exists() else _MODE
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(file)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    with suppress(OSError):  # the new name is kept too; not every file system can tell
        _sync(file.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
