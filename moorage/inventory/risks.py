"""What should worry whoever runs a server. Pure: no rows, no network."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from moorage.inventory.host import Measured
from moorage.kit.i18n import Text

MOST_DISK = 0.85  # images and logs grow by leaps
MOST_MEMORY = 0.9
OLDEST_ENGINE = (20, 10)
_NAMED = 5
RELEASED = datetime(2026, 11, 1, tzinfo=UTC)


def of_machine(seen: Measured) -> list[Text]:
    """Return what is wrong with a machine."""
    found = []
    if (disk := seen.disk_share) >= MOST_DISK:
        found.append(Text("The disk is {used:.0f}% full: make room.", used=disk * 100))
    if (memory := seen.mem_share) >= MOST_MEMORY:
        found.append(
            Text("{used:.0f}% of the memory are in use: stop something.", used=memory * 100)
        )
    if seen.at < RELEASED:
        found.append(Text("The clock says {day:%Y-%m-%d}, which is past: set it.", day=seen.at))
    return found


def of_engine(version: str | None) -> list[Text]:
    """Return what is wrong with an engine. version: None when it does not answer."""
    if version is None:
        return [Text("The container engine does not answer: start it.")]
    found = re.match(r"(\d+)\.(\d+)", version)
    if found and (int(found[1]), int(found[2])) < OLDEST_ENGINE:
        oldest = ".".join(map(str, OLDEST_ENGINE))
        return [
            Text(
                "Docker {version} is too old: install {oldest} or newer.",
                version=version,
                oldest=oldest,
            )
        ]
    return []


def of_leftovers(names: Sequence[str]) -> list[Text]:
    """Return what is wrong when things on a server belong to nothing we know."""
    if not names:
        return []
    shown = ", ".join(names[:_NAMED])
    more = "" if len(names) <= _NAMED else ", …"
    return [Text("These belong to nothing that is known here: {names}.", names=shown + more)]
