"""Structured logs: a few words plus fields, with the request and the operation they belong to."""

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Literal

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
operation_id: ContextVar[str | None] = ContextVar("operation_id", default=None)

_STANDARD = set(vars(logging.makeLogRecord({}))) | {
    "message",
    "asctime",
    "taskName",
    "color_message",
}

_NOISY = ("aiosqlite", "alembic", "asyncio", "httpx", "httpcore", "procrastinate", "uvicorn")


def configure(form: Literal["text", "json"], level: str = "INFO") -> None:
    """Send all logs to standard error, one line each, as text or JSON."""
    # What no line tells need not be found out: https://docs.python.org/3/howto/logging.html#optimization
    logging._srcfile = None
    logging.logThreads = logging.logMultiprocessing = False
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if form == "json" else _Text())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for noisy in _NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("uvicorn.access").addFilter(_without_query)


def _without_query(record: logging.LogRecord) -> bool:
    """Take what may be a secret out of uvicorn's own line of a request: who, method, URL, …."""
    if isinstance(record.args, tuple):
        client, method, url, *others = record.args
        record.args = (client, method, str(url).partition("?")[0], *others)
    return True


def _fields(record: logging.LogRecord) -> dict[str, object]:
    fields = {key: value for key, value in vars(record).items() if key not in _STANDARD}
    for name, variable in (("request", request_id), ("operation", operation_id)):
        value = variable.get()
        if value is not None:
            fields.setdefault(name, value)
    return fields


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, skipkeys=True, ensure_ascii=False)


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = "".join(f" {key}={_printable(value)}" for key, value in _fields(record).items())
        message = _printable(record.getMessage())
        line = f"{_time(record)} {record.levelname:<7} {record.name}: {message}{fields}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _printable(value: object) -> str:
    """Return the value's text; a line break in it must not look like another entry."""
    text = str(value)
    return text if text.isprintable() else repr(text)
