"""Structured logs."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from moorage.kit import log

logger = logging.getLogger("moorage.test")


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers[:] = []  # pytest's own stay open
    yield
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:  # Any: JSON
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_json_line_says_when_what_and_for_which_request(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.configure("json")
    request, operation = log.request_id.set("req-1"), log.operation_id.set("op_1")

    logger.info("claimed %d", 3, extra={"subject": "ins_1"})

    log.request_id.reset(request)
    log.operation_id.reset(operation)
    (line,) = lines(capsys)
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "level": "info",
        "logger": "moorage.test",
        "message": "claimed 3",
        "subject": "ins_1",
        "request": "req-1",
        "operation": "op_1",
    }


def test_fields_that_json_does_not_know_are_written_as_text(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.configure("json")

    logger.info("odd", extra={"kind": Exception, "pairs": {(1, 2): 3, "a": {1}}})

    (line,) = lines(capsys)
    assert line["kind"] == "<class 'Exception'>"
    assert line["pairs"] == {"a": "{1}"}


def test_an_error_is_one_json_line_with_its_trace(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("json")

    try:
        raise ValueError("broken")
    except ValueError:
        logger.exception("unexpected")

    (line,) = lines(capsys)
    assert line["trace"].endswith("ValueError: broken")


def test_a_text_line_ends_with_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("text")

    logger.warning("slow", extra={"seconds": 3})

    assert capsys.readouterr().err.endswith("WARNING moorage.test: slow seconds=3\n")


def test_a_line_break_in_a_value_does_not_look_like_another_entry(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.configure("text")

    logger.info("got %s", "a\nb", extra={"name_given": "c\x1b[2Jd\ne"})

    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(r"'got a\nb' name_given='c\x1b[2Jd\ne'")


def test_what_is_below_the_level_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("json", level="warning")

    logger.info("claimed")
    logger.error("lost")

    assert [line["message"] for line in lines(capsys)] == ["lost"]


def test_uvicorns_line_of_a_request_has_no_query(capsys: pytest.CaptureFixture[str]) -> None:
    uvicorns = logging.getLogger("uvicorn.access")
    log.configure("json")
    uvicorns.setLevel(logging.INFO)  # as uvicorn sets it, and gunicorn's worker

    request = ("192.0.2.7:50000", "GET", "/api/info?ticket=hunter2", "1.1", 401)
    uvicorns.info('%s - "%s %s HTTP/%s" %d', *request)

    uvicorns.setLevel(logging.NOTSET)
    (line,) = lines(capsys)
    assert line["message"] == '192.0.2.7:50000 - "GET /api/info HTTP/1.1" 401'
