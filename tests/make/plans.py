"""How SQLite finds the rows of a query."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.sqlite import dialect

from moorage.kit.db import Database
from moorage.kit.rows import Query


async def plan(db: Database, query: Query[Any]) -> list[str]:  # Any: whatever it makes
    """Return the steps, such as `SEARCH tokens USING INDEX …`, `SCAN …`, `USE TEMP B-TREE …`."""
    compiled = query.statement.compile(dialect=dialect(paramstyle="named"))
    async with db.read() as session:
        steps = await session.execute(text(f"EXPLAIN QUERY PLAN {compiled}"), compiled.params)
        return [step.detail for step in steps]
