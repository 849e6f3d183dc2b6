"""How commands show what they got: as JSON for programs, as text for people."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]  # Any: JSON


def show(content: object, as_json: bool, text: str) -> None:
    """Print the content as JSON, or its text."""
    print(json.dumps(content, indent=2, ensure_ascii=False) if as_json else text)


def table(rows: Sequence[Json], *names: str) -> str:
    """Return some members of each row, one row a line, in columns below their names.

    Of no rows it is empty.
    """
    if not rows:
        return ""
    cells = [[*map(_heading, names)], *([_text(row[name]) for name in names] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )


def members(row: Json) -> str:
    """Return all members of a row, one a line."""
    return "\n".join(f"{name}: {_text(value)}" for name, value in row.items())


def _heading(name: str) -> str:
    return re.sub(r"_|(?<=[a-z])(?=[A-Z])", " ", name).upper()


def _text(value: object) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else str(value)
