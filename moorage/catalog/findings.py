"""What the judge of Compose files finds."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to know about a Compose file.

    error: it is refused for that. where: such as services.web.volumes[0].
    """

    severity: Literal["error", "warning"]
    where: str
    rule: str
    detail: str


def error(where: str, rule: str, detail: str) -> Finding:
    """Return a reason to refuse the file."""
    return Finding("error", where, rule, detail)


def warning(where: str, rule: str, detail: str) -> Finding:
    """Return something that does not come out as it is written."""
    return Finding("warning", where, rule, detail)


def allowing(findings: Sequence[Finding], rules: Collection[str]) -> list[Finding]:
    """Return the findings; what an administrator allowed only warns."""
    return [
        replace(one, severity="warning", detail=f"{one.detail} An administrator allowed it.")
        if one.severity == "error" and one.rule in rules
        else one
        for one in findings
    ]
