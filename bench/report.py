"""Figures, and how they are shown."""

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

DOCUMENT = Path(__file__).parent.parent / "docs" / "benchmarks.md"


@dataclass(frozen=True)
class Figure:
    """What we took and what the peer took, in one run. limit: the ratio that is wanted."""

    what: str
    ours: Sequence[float]
    peer: str
    theirs: Sequence[float]
    limit: float | None = None
    unit: str = "ms"

    @property
    def ratio(self) -> float:
        """Return our median by the peer's."""
        return statistics.median(self.ours) / statistics.median(self.theirs)

    def row(self) -> str:
        """Return a line of the table."""
        wanted = f"≤ {self.limit:g}" if self.limit else ""
        ours, theirs = self._shown(self.ours), self._shown(self.theirs)
        return f"| {self.what} | {ours} | {self.peer} | {theirs} | {self.ratio:.2f} | {wanted} |"

    def _shown(self, values: Sequence[float]) -> str:
        scale = 1000 if self.unit == "ms" else 1
        median, least = statistics.median(values) * scale, min(values) * scale
        spread = f" ({least:.0f})" if len(values) > 1 else ""
        return (
            f"{median:.0f}{spread} {self.unit}"
            if scale * median >= 10
            else f"{median:.2f} {self.unit}"
        )


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as Markdown, with date and machine."""
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.release()}"
    load = os.getloadavg()[0]
    return "\n".join(
        [
            f"### {datetime.now(UTC):%Y-%m-%d}: {machine}, Python {platform.python_version()}, "
            f"load {load:.1f}",
            "",
            "Medians, the least in brackets.",
            "",
            "| what | ours | beside | took | ratio | wanted |",
            "|---|---|---|---|---|---|",
            *(figure.row() for figure in figures),
            "",
        ]
    )
