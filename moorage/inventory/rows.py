"""What a file of machines says: every wrong row is named. Pure.

It is `{"data": […]}`, or the list alone. Fields that are not ours are passed on as they are.
"""

import re
import socket
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, cast

import msgspec

from moorage.inventory.machine import (
    FIRST_GIVEN_ID,
    OURS,
    Bytes,
    Gpu,
    Machine,
    Share,
    Status,
    Word,
)
from moorage.kit import jsonfile
from moorage.kit.errors import Invalid
from moorage.kit.i18n import Text, joined

LONGEST_OTHER = 16 << 10  # bytes of JSON that one row may have beside our fields

_STATUSES: Mapping[str, Status] = {
    "running": "running",
    "stopped": "stopped",
    "stoppped": "stopped",  # the first document of machines has it
    "unknown": "unknown",
}
_NAMED = 5  # wrong rows

Json = dict[str, Any]  # Any: JSON


class Row(msgspec.Struct):
    """A machine as a file has it."""

    id: Annotated[int, msgspec.Meta(ge=0, lt=FIRST_GIVEN_ID)]
    cpus: Annotated[int, msgspec.Meta(ge=0, lt=1 << 31)]
    status: str
    mem: Bytes
    gpu: Word = msgspec.field(name="GPU")
    ip: str
    name: Word = ""
    maxdisk: Bytes = 0
    uptime: Bytes | None = None
    cpu: Share | None = None
    mem_used: Bytes | None = None
    disk_used: Bytes | None = None
    gpus: Annotated[list[Gpu], msgspec.Meta(max_length=64)] = []
    labels: Annotated[dict[Word, Word], msgspec.Meta(max_length=64)] = {}


def rows_of(content: bytes) -> list[Any]:  # Any: JSON that nobody has checked
    """Return the rows of a file. Raises Invalid."""
    found = jsonfile.decoded(content)
    rows = found.get("data") if isinstance(found, dict) else found
    if not isinstance(rows, list):
        raise Invalid(Text('It must be a list of machines, or {{"data": […]}} with one.'))
    return rows


def check(rows: Sequence[object], *, seen_at: datetime) -> list[Machine]:
    """Return the machines of rows, all of them good. Raises Invalid with what is wrong with which.

    seen_at: when somebody wrote them down.
    """
    found, reasons = [], []
    places: dict[int, int] = {}
    for place, given in enumerate(rows):
        try:
            machine = _machine(given, seen_at)
            if (first := places.setdefault(machine.id, place)) != place:
                raise Invalid(
                    Text("id: {id} is in row {first} already", id=machine.id, first=first)
                )
        except Invalid as error:
            reasons.append(Text("row {place}: {why}", place=place, why=error.message))
        else:
            found.append(machine)
    if reasons:
        raise Invalid(_told(reasons))
    return found


def _machine(given: object, seen_at: datetime) -> Machine:
    """Return the machine of a row. Raises Invalid."""
    try:
        row = msgspec.convert(given, Row)
    except msgspec.ValidationError as error:
        raise _refused(given, str(error)) from error
    if row.status not in _STATUSES:
        known = "running, stopped, unknown"
        raise _wrong("status", Text("is one of {known}", known=known), row.status)
    if not _is_ipv4(row.ip):
        raise _wrong("ip", Text("is an IPv4 address, such as 192.168.1.100"), row.ip)
    other = {name: value for name, value in cast(Json, given).items() if name not in OURS}
    if other and len(msgspec.json.encode(other)) > LONGEST_OTHER:
        raise Invalid(Text("has more than {limit} KiB of other fields", limit=LONGEST_OTHER >> 10))
    own = {name: getattr(row, name) for name in Row.__struct_fields__}
    own["status"] = _STATUSES[row.status]
    return Machine(**own, source="files", seen_at=seen_at, other=other)


def _is_ipv4(text: str) -> bool:
    try:
        socket.inet_pton(socket.AF_INET, text)  # a tenth of what ipaddress takes
    except (OSError, ValueError):
        return False
    return True


def _wrong(field: str, reason: str, given: object) -> Invalid:
    return Invalid(
        Text("{field}: {reason}; given was {given!r:.80}", field=field, reason=reason, given=given)
    )


def _refused(given: object, message: str) -> Invalid:
    """Return what is wrong with a row, of what msgspec says."""
    reason, _, place = message.partition(" - at ")
    field = place.rpartition("$")[2].strip("`.")
    if missing := re.fullmatch(r"Object missing required field `(.*)`", reason):
        return Invalid(Text("{field}: is missing", field=f"{field}.{missing[1]}".lstrip(".")))
    if not isinstance(given, dict):
        return _wrong("machine", reason, given)
    return _wrong(field, reason, given.get(re.split(r"[.[]", field)[0]))


def _told(reasons: Sequence[Text]) -> Text:
    shown = joined("; ", reasons[:_NAMED])
    if len(reasons) <= _NAMED:
        return Text("{reasons}.", reasons=shown)
    return Text("{reasons}; and {number} more.", reasons=shown, number=len(reasons) - _NAMED)
