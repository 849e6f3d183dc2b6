"""Identifiers."""

import re
import time

import pytest

from moorage.kit.ids import new_id


def test_an_id_is_its_prefix_and_a_ulid() -> None:
    assert re.fullmatch(r"ins_[0-7][0-9A-HJKMNP-TV-Z]{25}", new_id("ins"))


def test_no_two_ids_are_alike() -> None:
    assert len({new_id("ins") for _ in range(10_000)}) == 10_000


def test_ids_sort_by_the_time_they_were_made(monkeypatch: pytest.MonkeyPatch) -> None:
    moments_ms = [0, 1, 31, 32, 1_700_000_000_000, 1_700_000_000_001, 2**48 - 1]
    ids = []
    for moment_ms in moments_ms:
        monkeypatch.setattr(time, "time_ns", lambda: moment_ms * 1_000_000)  # noqa: B023
        ids.append(new_id("ins"))

    assert ids == sorted(ids)


def test_the_time_can_be_read_back_as_the_specification_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The example of https://github.com/ulid/spec: 1469922850259 ms is 01ARZ3NDEK + … .
    monkeypatch.setattr(time, "time_ns", lambda: 1_469_922_850_259 * 1_000_000)

    assert new_id("ins").startswith("ins_01ARZ3NDEK")
