"""A resource by its number, which is its id at this door."""

from moorage.identity.rules import Caller
from moorage.instances import service as instances
from moorage.instances.models import Instance
from moorage.kit.db import Session
from moorage.kit.errors import NotFound


async def get(session: Session, caller: Caller, number: str) -> Instance:
    """Return a database or a cache that the caller sees. Raises NotFound."""
    missing = NotFound("the item was not found")
    if not number.isdecimal():
        raise missing
    try:
        found = await instances.get_own(session, caller, number)
    except NotFound as error:
        raise missing from error
    if found.kind != "database":
        raise missing
    return found
