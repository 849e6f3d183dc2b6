"""Rows of the audit log."""

from datetime import datetime
from typing import Literal

from sqlalchemy import Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from moorage.kit.clock import now
from moorage.kit.db import Base
from moorage.kit.ids import new_id

Outcome = Literal["ok", "denied", "failed"]


class AuditEntry(Base):
    """One action. The names stay when the user and the subject are gone.

    user_id, username: None when Moorage itself acted, or nobody proved who was calling.
    subject: an id, such as `ins_…`; address: where the request came from.
    outcome: `ok` is what was done or ordered; `denied` a request that its caller may not make;
    `failed` an order that came to nothing.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_user_id_id", "user_id", "id"),
        Index("ix_audit_entries_action_id", "action", "id"),
        Index("ix_audit_entries_subject_id", "subject", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("aud"))
    at: Mapped[datetime] = mapped_column(default=now)
    user_id: Mapped[str | None]
    username: Mapped[str | None]
    action: Mapped[str]
    subject: Mapped[str]
    address: Mapped[str | None]
    request_id: Mapped[str | None]
    outcome: Mapped[Outcome] = mapped_column(Text, default="ok")
    detail: Mapped[str | None] = mapped_column(Text)
