"""Rows of remembered answers."""

from datetime import datetime

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from moorage.kit.clock import now
from moorage.kit.db import Base


class RememberedRequest(Base):
    """One request that makes something, by its caller and key.

    fingerprint: SHA-256 of what was asked. subject: id of what was made.
    busy_until: until then its first answer is being waited for. answer_sealed: JSON of
    {status, headers, body}, once there is one.
    """

    __tablename__ = "remembered_requests"

    user_id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    subject: Mapped[str]
    busy_until: Mapped[datetime]
    answer_sealed: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
