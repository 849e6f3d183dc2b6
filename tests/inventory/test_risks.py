"""What should worry whoever runs a server."""

from datetime import UTC, datetime, timedelta

import pytest

from moorage.inventory import risks
from moorage.inventory.facts import Facts
from moorage.inventory.risks import RELEASED

TODAY = RELEASED + timedelta(days=1)


def facts(*, disk: float = 40, memory: float = 50) -> Facts:
    """Return a machine that is well but for what is said."""
    return Facts(cpu=100, memory=memory, disk=disk, load=(90, 90, 90), uptime_s=1)


@pytest.mark.parametrize(
    ("seen", "at", "expected"),
    [
        (facts(), TODAY, []),
        (facts(disk=84.9, memory=89.9), TODAY, []),
        (facts(disk=85), TODAY, ["The disk is 85% full: make room."]),
        (facts(memory=90), TODAY, ["90% of the memory are in use: stop something."]),
        (
            facts(),
            datetime(1970, 1, 1, tzinfo=UTC),
            ["The clock says 1970-01-01, which is past: set it."],
        ),
        (
            facts(disk=99.6, memory=95),
            TODAY,
            ["The disk is 100% full: make room.", "95% of the memory are in use: stop something."],
        ),
    ],
)
def test_a_machine_is_at_risk_by_disk_memory_and_clock_and_not_by_being_busy(
    seen: Facts, at: datetime, expected: list[str]
) -> None:
    assert risks.of_machine(seen, at=at) == expected


@pytest.mark.parametrize("version", ["20.10.24+dfsg1", "28.0.1", "fake", ""])
def test_an_engine_is_well_when_it_is_new_or_does_not_say(version: str) -> None:
    assert risks.of_engine(version) == []


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (None, "The container engine does not answer: start it."),
        ("19.03.15", "Docker 19.03.15 is too old: install 20.10 or newer."),
        ("20.9.0", "Docker 20.9.0 is too old: install 20.10 or newer."),
    ],
)
def test_an_engine_that_is_old_or_away_is_a_risk(version: str | None, expected: str) -> None:
    assert risks.of_engine(version) == [expected]


def test_leftovers_are_one_risk_that_names_the_first_of_them() -> None:
    assert risks.of_leftovers([]) == []
    [one] = risks.of_leftovers(["a", "b"])
    [many] = risks.of_leftovers(list("abcdefg"))
    assert one == "These belong to nothing that is known here: a, b."
    assert many == "These belong to nothing that is known here: a, b, c, d, e, …."
