"""The port of an instance: reserved with the order, kept until the end."""

from sqlalchemy import update

from moorage.instances.models import Instance
from moorage.instances.tools import Tools
from moorage.inventory import service as inventory
from moorage.kit.db import Session
from moorage.kit.errors import NotFound

SETTING = "MOORAGE_DATABASE_PORTS"


async def reserve(session: Session, tools: Tools, *, server_id: str, instance_id: str) -> int:
    """Reserve a port for an instance. Raises Unavailable."""
    return await inventory.reserve_port(
        session,
        server_id=server_id,
        instance_id=instance_id,
        offered=tools.offered_ports,
        setting=SETTING,
        avoid=tools.refused_ports.on(server_id),
    )


async def move(session: Session, tools: Tools, instance: Instance) -> int:
    """Give an instance another port, and return it. Raises Unavailable."""
    await inventory.release_ports(session, instance_id=instance.id)
    port = await reserve(session, tools, server_id=instance.server_id, instance_id=instance.id)
    await session.execute(update(Instance).where(Instance.id == instance.id).values(port=port))
    return port


def of(instance: Instance) -> int:
    """Return the port of an instance that has one, as all have from order to end."""
    if instance.port is None:
        raise NotFound(f"{instance.name} is not reachable any more.")
    return instance.port
