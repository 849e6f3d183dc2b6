"""What a request changed goes into the audit log, in the commit that changes it."""

from dataclasses import dataclass

from moorage.audit import service as audit
from moorage.identity.rules import Caller
from moorage.kit.db import Session
from moorage.kit.log import request_id


@dataclass(frozen=True, slots=True)
class Visit:
    """Who is calling, and from where."""

    caller: Caller
    address: str

    async def record(self, session: Session, action: str, subject: str) -> None:
        """Write down what the caller did to the subject."""
        await audit.record(
            session,
            caller=self.caller,
            action=action,
            subject=subject,
            source_address=self.address,
            request_id=request_id.get(),
        )
