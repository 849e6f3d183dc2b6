"""What is wrong with instances right now, for whoever looks after them."""

from sqlalchemy import select

from moorage.instances.models import Instance
from moorage.kit.db import Session
from moorage.kit.i18n import Text


async def on_server(session: Session, server_id: str, *, sees: str | None) -> list[Text]:
    """Return a sentence on each instance that is not as it should be. sees: whose; None: all."""
    query = select(Instance.name, Instance.message).where(
        Instance.server_id == server_id,
        Instance.status == "degraded",
        Instance.deleted_at.is_(None),
    )
    if sees is not None:
        query = query.where(Instance.owner_id == sees)
    rows = await session.execute(query.order_by(Instance.id))
    return [
        Text("{name}: {reason}", name=name, reason=message or Text("It does not run as it should."))
        for name, message in rows
    ]
