"""The six kinds of expected failure. Each carries one sentence for the caller."""

from collections.abc import Mapping


class MoorageError(Exception):
    """An expected failure.

    message: one sentence for the caller that says what to do.
    detail: for operators only; goes to the log, never to a caller.
    """

    def __init__(self, message: str, *, detail: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail


class Invalid(MoorageError):
    """What was asked for makes no sense. fields: name of each bad field → reason."""

    def __init__(
        self, message: str, *, fields: Mapping[str, str] | None = None, detail: str | None = None
    ) -> None:
        super().__init__(message, detail=detail)
        self.fields = dict(fields or {})


class Denied(MoorageError):
    """The caller may not do this."""


class NotFound(MoorageError):
    """There is no such thing, or it belongs to somebody else."""


class Conflict(MoorageError):
    """It clashes with what is there now."""


class Unavailable(MoorageError):
    """Something that is needed does not answer; later it may."""


class Failed(MoorageError):
    """It was tried and did not work; the same would happen the next time."""


class Unauthenticated(Denied):
    """Nobody has proved who is calling."""


class Throttled(Denied):
    """Too many tries. retry_after_s: seconds until the next one is heard."""

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class QuotaExceeded(Denied):
    """The owner has all that it may have."""

    def __init__(self, message: str, *, in_use: int, reserved: int, limit: int) -> None:
        super().__init__(message)
        self.in_use = in_use
        self.reserved = reserved
        self.limit = limit


class KeyReused(Conflict):
    """An idempotency key came back with another request."""


class PreconditionFailed(Conflict):
    """It is not any more what the caller saw."""
