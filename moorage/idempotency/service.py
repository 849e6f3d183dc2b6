"""Remember what a request made, and give the same answer when it comes again.

Source: https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta

from sqlalchemy import Update, delete, update

from moorage.idempotency.models import RememberedRequest
from moorage.kit.clock import now
from moorage.kit.crypto import Sealer
from moorage.kit.db import Session, save
from moorage.kit.errors import Conflict, Invalid, KeyReused
from moorage.kit.i18n import Text

KEPT_FOR = timedelta(hours=24)

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the first request was answered."""

    status: int
    headers: Mapping[str, str]
    body: object


@dataclass(frozen=True, slots=True)
class Made:
    """The first request made this and has not answered; is_busy: somebody may be about to."""

    subject: str
    is_busy: bool


def check_key(key: str) -> None:
    """Raise Invalid unless it could be a key."""
    if not _KEY.fullmatch(key):
        reason = Text("has 1 to 255 visible ASCII characters")
        sentence = Text("The header {header} {reason}.", header="Idempotency-Key", reason=reason)
        raise Invalid(sentence, fields={"Idempotency-Key": reason})


def fingerprint(action: str, asked: object) -> str:
    """Return what tells two requests apart."""
    text = json.dumps([action, asked], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


async def recall(
    session: Session, sealer: Sealer, *, user_id: str, key: str, fingerprint: str
) -> Answer | Made | None:
    """Return what the key stands for; None when it is new.

    Raises KeyReused (another request had it).
    """
    row = await session.get(RememberedRequest, (user_id, key))
    if row is None or row.created_at < now() - KEPT_FOR:
        return None
    if row.fingerprint != fingerprint:
        raise KeyReused(
            Text(
                "This Idempotency-Key came with another request before; "
                "use a new key for a new one."
            )
        )
    if row.answer_sealed is not None:
        return Answer(**json.loads(sealer.open(row.answer_sealed)))
    return Made(row.subject, is_busy=row.busy_until > now())


async def hold(
    session: Session, *, user_id: str, key: str, fingerprint: str, busy_s: float
) -> None:
    """Take the key, before anything is made: of requests at once one makes it.

    Raises Conflict (the first request is still running).
    """
    await session.execute(
        delete(RememberedRequest).where(RememberedRequest.created_at < now() - KEPT_FOR)
    )
    row = RememberedRequest(
        user_id=user_id,
        key=key,
        fingerprint=fingerprint,
        subject="",
        busy_until=now() + timedelta(seconds=busy_s),
    )
    await save(session, row, if_taken=still_running().message)


async def made(session: Session, *, user_id: str, key: str, subject: str) -> None:
    """Remember, in the commit that makes it, what a request makes."""
    await session.execute(_row(user_id, key).values(subject=subject))


async def answered(
    session: Session, sealer: Sealer, *, user_id: str, key: str, answer: Answer
) -> None:
    """Keep the answer, sealed: it may hold credentials."""
    sealed = sealer.seal(json.dumps(asdict(answer)))
    await session.execute(_row(user_id, key).values(answer_sealed=sealed))


async def forget(session: Session, *, user_id: str, key: str) -> None:
    """Forget a request that made nothing, so that it can be tried again."""
    await session.execute(
        delete(RememberedRequest).where(
            RememberedRequest.user_id == user_id, RememberedRequest.key == key
        )
    )


def still_running() -> Conflict:
    """Return what to tell whoever repeats a request too early."""
    return Conflict(
        Text("The first request with this Idempotency-Key is still running; ask again in a moment.")
    )


def _row(user_id: str, key: str) -> Update:
    return update(RememberedRequest).where(
        RememberedRequest.user_id == user_id, RememberedRequest.key == key
    )
