"""What a request changed goes into the audit log, in the commit that changes it.

What its caller may not do goes there too, in a commit of its own.
"""

from dataclasses import dataclass
from urllib.parse import quote

from moorage.audit import service as audit
from moorage.audit.models import Outcome
from moorage.identity.rules import Caller
from moorage.kit.db import Session
from moorage.kit.errors import Denied

_SHOWN = 200  # characters of a path that somebody made up


@dataclass(frozen=True, slots=True)
class Visit:
    """Who is calling, and from where."""

    caller: Caller
    address: str

    async def record(
        self, session: Session, action: str, subject: str, *, detail: str | None = None
    ) -> None:
        """Write down what the caller did to the subject. detail: never a secret."""
        await self._write(session, action, subject, "ok", detail)

    async def record_denied(self, session: Session, method: str, path: str, error: Denied) -> None:
        """Write down what the caller asked for and may not do."""
        subject = f"{method} {quote(path)}"[:_SHOWN]
        await self._write(session, "request", subject, "denied", error.message)

    async def _write(
        self, session: Session, action: str, subject: str, outcome: Outcome, detail: str | None
    ) -> None:
        await audit.record(
            session,
            caller=self.caller,
            action=action,
            subject=subject,
            source_address=self.address,
            outcome=outcome,
            detail=detail,
        )
