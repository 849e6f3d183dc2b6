"""What should worry whoever runs a server."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from moorage.inventory import risks
from moorage.inventory.fake import FakeHost
from moorage.inventory.host import Measured
from moorage.inventory.risks import RELEASED

TODAY = RELEASED + timedelta(days=1)


def machine(*, disk: int = 400, memory: int = 500, at: datetime = TODAY) -> Measured:
    """Return a busy machine of which so many thousandths are used."""
    return replace(
        FakeHost().facts,
        at=at,
        cpu=1.0,
        load=(90, 90, 90),
        mem=1000,
        mem_used=memory,
        maxdisk=1050,
        disk_used=disk,
        disk_free=1000 - disk,
    )


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (machine(), []),
        (machine(disk=849, memory=899), []),
        (machine(disk=850), ["The disk is 85% full: make room."]),
        (machine(memory=900), ["90% of the memory are in use: stop something."]),
        (
            machine(at=datetime(1970, 1, 1, tzinfo=UTC)),
            ["The clock says 1970-01-01, which is past: set it."],
        ),
        (
            machine(disk=996, memory=950),
            ["The disk is 100% full: make room.", "95% of the memory are in use: stop something."],
        ),
    ],
)
def test_a_machine_is_at_risk_by_disk_memory_and_clock_and_not_by_being_busy(
    seen: Measured, expected: list[str]
) -> None:
    assert risks.of_machine(seen) == expected


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
