"""Alembic's entry: runs the migrations on one synchronous connection."""

from typing import Literal

from alembic import context
from sqlalchemy import create_engine, func, pool, select

from moorage.kit.db import UtcDateTime
from moorage.migrations import sync_url
from moorage.tables import METADATA

_TURN = 0x6D696772  # "migr"


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
        if connection.dialect.name == "postgresql":  # machines that start at once take turns
            connection.execute(select(func.pg_advisory_xact_lock(_TURN)))
        context.run_migrations()
engine.dispose()
