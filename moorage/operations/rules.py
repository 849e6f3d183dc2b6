"""When a failed operation is tried again, how far one is, what an undo leaves. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from moorage.kit.errors import Unavailable

AGAIN_AFTER_S = (1, 2, 4, 8, 15, 30)  # a minute in all, about what an engine needs to come back
UNDO_AGAIN_AFTER_S = (0.5, 1, 2, 4, 8)  # then every 8 s: what was made must not stay behind

Step = Mapping[str, Any]  # Any: JSON; see models.Operation


def again_after_s(error: Exception, attempts: int) -> float | None:
    """Return the pause before the next try; None: trying again is of no use."""
    if not isinstance(error, Unavailable) or attempts >= len(AGAIN_AFTER_S):
        return None
    return AGAIN_AFTER_S[attempts]


def undo_again_after_s(attempts: int) -> float:
    """Return the pause before an undo is tried again, as often as it takes."""
    return UNDO_AGAIN_AFTER_S[min(attempts, len(UNDO_AGAIN_AFTER_S) - 1)]


def progress(steps: Sequence[Step], *, of: int) -> int:
    """Return how much is done, in per cent; of: how many steps there will be."""
    done = sum(step["status"] == "succeeded" for step in steps)
    return min(99, 100 * done // of) if of else 0


def undone(steps: Iterable[Step], *, kept: Collection[str]) -> list[dict[str, Any]]:  # Any: JSON
    """Return the steps after an undo: the results are gone but for those of the names kept."""
    return [
        {key: value for key, value in step.items() if key != "result"} | {"status": "undone"}
        if step["name"] not in kept and step["status"] == "succeeded"
        else dict(step)
        for step in steps
    ]
