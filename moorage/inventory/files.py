"""A file of machines, read again when it changes; a bad one is told of."""

import asyncio
import math
import os
import stat
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from moorage.inventory.machine import Machine, Source, SourceName
from moorage.inventory.rows import check, rows_of
from moorage.kit.errors import Invalid, Unavailable
from moorage.kit.i18n import Text

LARGEST = 64 << 20  # bytes


class MachinesFile(Source):
    """The machines of a file. is_optional: whether there may be none yet."""

    name: SourceName = "files"
    fresh_s = math.inf
    within_s = 5.0  # who has just written it is told of all that it says

    def __init__(self, file: Path, *, is_optional: bool = False) -> None:
        self._file = file
        self._is_optional = is_optional
        self._state: tuple[int, ...] | None = None
        self._found: Sequence[Machine] = ()
        self._problem: str | None = None

    async def look(self) -> Sequence[Machine]:
        """See the port. Raises Invalid, Unavailable."""
        return await asyncio.to_thread(self._look)

    def has_changed(self) -> bool:
        """See the port; of a local file the system knows this by heart."""
        try:
            return _state(self._file.stat()) != self._state
        except OSError:
            return not (self._is_optional and self._state is None)

    def _look(self) -> Sequence[Machine]:
        try:
            if self.has_changed():
                self._read()
        except FileNotFoundError as error:
            raise Invalid(
                Text("{file} is not there: put it back, or set MOORAGE_MACHINES.", file=self._file)
            ) from error
        except OSError as error:
            raise unreadable(self._file, error) from error
        if self._problem is not None:
            raise Invalid(self._problem)
        return self._found

    def _read(self) -> None:
        content, status = read(self._file)
        self._state = _state(status)  # of what was opened: what has grown or moved is read again
        changed_at = datetime.fromtimestamp(status.st_mtime, UTC)
        try:
            self._found = check(rows_of(content), seen_at=changed_at)
            self._problem = None
        except Invalid as error:
            self._problem = Text("{file}: {reason}", file=self._file, reason=error.message)
        for one in self._found:
            _ = one.json  # made here, where nobody waits for it


def read(file: Path) -> tuple[bytes, os.stat_result]:
    """Return what is in a file, and what it was when it was opened. Raises Invalid, OSError."""
    with os.fdopen(os.open(file, os.O_RDONLY | os.O_NONBLOCK), "rb") as stream:
        status = os.fstat(stream.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise Invalid(Text("{file} is no file.", file=file))
        content = stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise Invalid(Text("{file} has more than {limit} MiB.", file=file, limit=LARGEST >> 20))
    return content, status


def unreadable(file: Path, error: OSError) -> Unavailable:
    """Return what to tell when a file cannot be read."""
    return Unavailable(Text("{file} cannot be read: {reason}.", file=file, reason=error.strerror))


def _state(status: os.stat_result) -> tuple[int, ...]:
    return (
        status.st_dev,
        status.st_ino,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,  # who copies a file may keep the time at which it was changed
    )
