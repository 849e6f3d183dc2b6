"""Numbers for machines whose sources have none: handed out once, the same in all processes."""

from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy import select

from moorage.inventory.machine import FIRST_GIVEN_ID
from moorage.inventory.models import MachineNumber
from moorage.kit.db import Database, Session, save
from moorage.kit.errors import Conflict


async def given_ids(db: Database, source: str, keys: Sequence[str]) -> dict[str, int]:
    """Return the id of each machine that a source knows by a key."""
    async with db.read() as session:
        known = await _known(session, source)
    new = [MachineNumber(source=source, key=key) for key in keys if key not in known]
    if not new:
        return known
    async with db.begin() as session:
        for number in new:
            with suppress(Conflict):  # another process was faster
                await save(session, number, if_taken="It has a number already.")
        return await _known(session, source)


async def _known(session: Session, source: str) -> dict[str, int]:
    query = select(MachineNumber.key, MachineNumber.number).where(MachineNumber.source == source)
    rows = await session.execute(query)
    return {key: FIRST_GIVEN_ID + number for key, number in rows.all()}
