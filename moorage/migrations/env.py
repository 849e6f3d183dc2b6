"""Alembic's entry: runs the migrations on one synchronous connection."""

from typing import Literal

from alembic import context
from sqlalchemy import create_engine, pool

from moorage.kit.db import UtcDateTime
from moorage.migrations import sync_url
from moorage.tables import METADATA


def render_item(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Write our own column types as what they are on every database."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


engine = create_engine(sync_url(context.config.attributes["url"]), poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=True,
        compare_type=True,
        render_item=render_item,
    )
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
