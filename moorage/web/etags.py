"""`ETag`, `If-Match`, `If-None-Match`: nobody overwrites what it has not seen (RFC 9110 §13).

A tag is the digest of the representation, byte for byte; or, where things in it change by
themselves, such as figures of use, of what can be changed alone.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header
from fastapi.responses import Response
from pydantic import BaseModel

from moorage.kit.errors import Invalid, PreconditionFailed
from moorage.kit.i18n import Text
from moorage.web.answers import Documented

SHOWN: Documented = {
    200: {
        "headers": {
            "ETag": {"description": "Of what a PATCH can change.", "schema": {"type": "string"}}
        }
    }
}

_TAG = r'(?:W/)?"[^"]*"'
_TAGS = re.compile(rf"{_TAG}(?:\s*,\s*{_TAG})*")


@dataclass(frozen=True, slots=True)
class IfMatch:
    """Which states of a thing may be changed. tags: None for any."""

    tags: frozenset[str] | None = None

    def check(self, shown: BaseModel) -> None:
        """Raise PreconditionFailed unless the thing, as a GET shows it now, is one of them."""
        if self.tags is not None and _tag(shown) not in self.tags:
            raise PreconditionFailed(
                Text("It was changed since you read it; read it again, then decide anew.")
            )


@dataclass(frozen=True, slots=True)
class IfNoneMatch:
    """Which states of a thing the caller has already. tags: None for any."""

    tags: frozenset[str] | None = frozenset()

    def answer(self, shown: BaseModel) -> Response:
        """Return the thing with its tag; 304 when the caller has it."""
        whole = answer(shown)
        if self.tags is None or whole.headers["ETag"] in self.tags:
            return Response(status_code=304, headers=_headers(whole.headers["ETag"]))
        return whole


def answer(shown: BaseModel, *, of: BaseModel | None = None) -> Response:
    """Return the thing with its tag. of: what the tag is of, if not of the whole."""
    etag = _tag(shown if of is None else of)
    return Response(_json(shown), headers=_headers(etag), media_type="application/json")


async def get_if_match(
    if_match: Annotated[
        str | None, Header(alias="If-Match", description="The `ETag` you read.")
    ] = None,
) -> IfMatch:
    """Return the condition on a change. Raises Invalid."""
    return IfMatch() if if_match is None else IfMatch(_tags("If-Match", if_match))


async def get_if_none_match(
    if_none_match: Annotated[
        str | None, Header(alias="If-None-Match", description="The `ETag` you have.")
    ] = None,
) -> IfNoneMatch:
    """Return the condition on an answer. Raises Invalid."""
    if if_none_match is None:
        return IfNoneMatch()
    tags = _tags("If-None-Match", if_none_match)
    # Compared weakly (RFC 9110 §13.1.2): a proxy that compresses makes our tags weak.
    return IfNoneMatch(tags and frozenset(one.removeprefix("W/") for one in tags))


IfMatchDep = Annotated[IfMatch, Depends(get_if_match)]
IfNoneMatchDep = Annotated[IfNoneMatch, Depends(get_if_none_match)]


def _tags(header: str, text: str) -> frozenset[str] | None:
    if text.strip() == "*":
        return None
    if not _TAGS.fullmatch(text.strip()):
        reason = Text('is * or tags in double quotes, with commas between, such as "4f0c…"')
        sentence = Text("The header {header} {reason}.", header=header, reason=reason)
        raise Invalid(sentence, fields={header: reason})
    return frozenset(re.findall(_TAG, text))


def _tag(shown: BaseModel) -> str:
    return f'"{hashlib.blake2b(_json(shown), digest_size=12).hexdigest()}"'


def _json(shown: BaseModel) -> bytes:
    return shown.model_dump_json(by_alias=True).encode()


def _headers(etag: str) -> dict[str, str]:
    return {"ETag": etag, "Cache-Control": "private, no-cache"}
