"""Lines out of what an engine sends piece by piece."""

import pytest

from moorage.engines.docker_lines import LONGEST, LogLines
from moorage.kit.lines import Lines


def frame(content: bytes, *, stream: int = 1) -> bytes:
    """Return a frame of a log. stream: 1 is standard output, 2 standard error."""
    return bytes([stream, 0, 0, 0]) + len(content).to_bytes(4, "big") + content


def test_a_line_ends_where_a_later_piece_ends_it() -> None:
    lines = Lines()

    assert lines.feed(b"one\ntw") == [b"one"]
    assert lines.feed(b"o\n\nthree") == [b"two", b""]
    assert lines.rest() == [b"three"]
    assert lines.rest() == []


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_a_log_is_taken_out_of_its_frames_however_they_are_cut(size: int) -> None:
    log = frame(b"one\ntwo\n") + frame(b"oh n\xff\r\n", stream=2) + frame(b"end")
    lines = LogLines()

    pieces = [log[start : start + size] for start in range(0, len(log), size)]
    told = [line for piece in pieces for line in lines.feed(piece)]

    assert told == ["one", "two", "oh n�"]
    assert lines.rest() == ["end"]


def test_lines_of_two_outputs_do_not_run_into_each_other() -> None:
    lines = LogLines()

    log = frame(b"on") + frame(b"trou", stream=2) + frame(b"e\n") + frame(b"ble\n", stream=2)

    assert lines.feed(log) == ["one", "trouble"]


def test_a_line_without_an_end_comes_in_parts() -> None:
    lines = LogLines()

    told = lines.feed(frame(b"x" * LONGEST) + frame(b"y\n"))

    assert told == ["x" * LONGEST, "y"]
