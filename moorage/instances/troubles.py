"""What is wrong with instances right now, for whoever looks after them."""

from sqlalchemy import select

from moorage.instances.models import Instance
from moorage.kit.db import Session
from moorage.kit.i18n import Text


async def on_server(session: Session, server_id: str, *, sees: str | None) -> list[Text]:
    """Return a sentence on each instance that is not well, or an app that is stopped.

    sees: whose; None: all.
    """
    is_stopped = (Instance.kind == "app") & (Instance.status == "stopped")
    query = select(Instance.name, Instance.message, is_stopped).where(
        Instance.server_id == server_id,
        is_stopped | (Instance.status == "degraded"),
        Instance.deleted_at.is_(None),
    )
    if sees is not None:
        query = query.where(Instance.owner_id == sees)
    rows = await session.execute(query.order_by(Instance.id))
    unwell, stopped = Text("It does not run as it should."), Text("It is stopped.")
    return [
        Text("{name}: {reason}", name=name, reason=message or (stopped if rests else unwell))
        for name, message, rests in rows
    ]
