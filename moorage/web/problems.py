"""What can go wrong, as `/v1` names it (RFC 9457) and `/docs/problems/<name>` explains it."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, Field

PATH = "/docs/problems"


@dataclass(frozen=True, slots=True)
class Problem:
    """A type of problem. It keeps its name and its title for good; clients go by them."""

    name: str
    status: int
    title: str
    meaning: str
    remedy: str

    @property
    def type(self) -> str:
        """The path of the page about it."""
        return f"{PATH}/{self.name}"

    @property
    def example(self) -> dict[str, object]:
        """What an answer looks like."""
        return {
            "type": self.type,
            "title": self.title,
            "status": self.status,
            "detail": self.meaning,
            "request_id": "req_01KAKQ8C5V0GJ3N6Z9X2T4W7YR",
        }


class FaultOut(BaseModel):
    """One bad field: where it is, in one of three ways, and what it takes."""

    pointer: str | None = Field(default=None, description="Where in the body (RFC 6901): `#/name`.")
    parameter: str | None = Field(
        default=None, description="Which parameter of the query or the path."
    )
    header: str | None = Field(default=None, description="Which header.")
    detail: str


class ProblemOut(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = Field(description="The path of the page that explains it.")
    title: str
    status: int
    detail: str = Field(description="A sentence for you that says what to do.")
    request_id: str | None = Field(description="By which the log has it.")
    errors: list[FaultOut] | None = Field(default=None, description="All bad fields at once.")
    in_use: int | None = Field(default=None, description="Of a quota.")
    reserved: int | None = Field(default=None, description="Of a quota: what is being made.")
    limit: int | None = Field(default=None, description="Of a quota.")


INVALID = Problem(
    "invalid",
    400,
    "The request makes no sense",
    "A field, a query parameter or a header is missing, unknown, or has a value it cannot have.",
    "`errors` names each of them with what it takes; change them all and send the request again.",
)
UNAUTHENTICATED = Problem(
    "unauthenticated",
    401,
    "Nobody known is calling",
    "The credentials are missing, wrong, revoked or expired, or stood in the URL.",
    "Send an API token as `Authorization: Bearer …`, or name and password as `Basic …`.",
)
DENIED = Problem(
    "denied",
    403,
    "You may not do this",
    "The token may only read, or only an administrator may do this.",
    "Use a token with the scope `write`, or ask an administrator.",
)
CLOUD_DENIED = Problem(
    "cloud-denied",
    403,
    "The cloud does not let us",
    "VMs are made on a cloud whose credentials are missing or wrong, or that forbids this.",
    "`detail` says what; an administrator sets `MOORAGE_OPENSTACK_…` right.",
)
NOT_FOUND = Problem(
    "not-found",
    404,
    "There is no such thing",
    "Nothing has this path or this id, or it belongs to somebody else.",
    "Look at the list it should be in; what was deleted is gone for good.",
)
METHOD_NOT_ALLOWED = Problem(
    "method-not-allowed",
    405,
    "This method does not work here",
    "The path is right, but it does not take this method.",
    "The header `Allow` names the methods that it takes.",
)
CONFLICT = Problem(
    "conflict",
    409,
    "It clashes with what is there now",
    "A name is taken, or the thing is in a state that does not allow this.",
    "`detail` says what is in the way; change that, or wait until it is over.",
)
PRECONDITION_FAILED = Problem(
    "precondition-failed",
    412,
    "It was changed since you read it",
    "The header `If-Match` names a state that the thing is no longer in.",
    "Read it again, decide anew, and send the new `ETag`.",
)
TOO_LARGE = Problem(
    "too-large",
    413,
    "The body is too large",
    "A body has at most 1 MiB.",
    "Send less.",
)
QUOTA_EXCEEDED = Problem(
    "quota-exceeded",
    413,
    "Your quota is used up",
    "The order does not fit into what you may have: `in_use`, `reserved` for what is being made, "
    "and the `limit`.",
    "Delete something, or ask an administrator for a larger quota.",
)
KEY_REUSED = Problem(
    "key-reused",
    422,
    "The key came with another request",
    "This `Idempotency-Key` came with another request before.",
    "Use a new key for each new request, and the same one only to repeat the very same request.",
)
TOO_MANY_REQUESTS = Problem(
    "too-many-requests",
    429,
    "Too many requests",
    "There were too many requests, or too many failed logins, within a minute.",
    "Wait as many seconds as the header `Retry-After` says.",
)
UNEXPECTED = Problem(
    "unexpected",
    500,
    "Something unexpected happened",
    "It is our fault, not yours. The log has the cause under the `request_id`.",
    "Tell whoever runs this installation the `request_id`.",
)
UNREACHABLE = Problem(
    "unreachable",
    502,
    "The cloud does not answer",
    "The cloud that VMs are made on, or one of its services, cannot be reached or is broken.",
    "Try again in a moment.",
)
UNAVAILABLE = Problem(
    "unavailable",
    503,
    "Something does not answer",
    "The database, a server or a registry does not answer, or there is no room left.",
    "`detail` says what; try again later, when you ordered something with the same "
    "`Idempotency-Key`.",
)
FAILED = Problem(
    "failed",
    503,
    "It was tried and did not work",
    "What was asked for could not be done, and nothing of it is left.",
    "`detail` says why. The same request would fail again: change it, or what stands in its way.",
)
TOO_SLOW = Problem(
    "too-slow",
    504,
    "The cloud takes too long",
    "The cloud that VMs are made on did not answer in time.",
    "Try again later.",
)

ALL = (
    INVALID,
    UNAUTHENTICATED,
    DENIED,
    CLOUD_DENIED,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    CONFLICT,
    PRECONDITION_FAILED,
    TOO_LARGE,
    QUOTA_EXCEEDED,
    KEY_REUSED,
    TOO_MANY_REQUESTS,
    UNEXPECTED,
    UNREACHABLE,
    UNAVAILABLE,
    FAILED,
    TOO_SLOW,
)

OF_STATUS: Mapping[int, list[Problem]] = {
    status: [problem for problem in ALL if problem.status == status]
    for status in {problem.status for problem in ALL}
}
