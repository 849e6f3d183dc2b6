"""Servers, and the ports and subnets that are handed out on them."""

import secrets
from collections.abc import Awaitable, Callable, Collection

from sqlalchemy import delete, select

from moorage.inventory import rules
from moorage.inventory.models import Installation, OwnerNetwork, PortReservation, Server
from moorage.kit.db import Session, save
from moorage.kit.errors import Invalid, Unavailable
from moorage.kit.i18n import Text

LOCAL = "local"  # the server whose engine MOORAGE_DOCKER_HOST names


async def register_installation(session: Session) -> str:
    """Return this installation's id; make it, and the server `local`, the first time."""
    installation = await session.get(Installation, 1)
    if installation is None:
        installation = Installation(id=secrets.token_hex(8))
        await save(session, installation, Server(name=LOCAL), if_taken="Started twice at once.")
    return installation.id


async def list_servers(session: Session) -> list[Server]:
    """Return all servers in the order of their names."""
    return list(await session.scalars(select(Server).order_by(Server.name)))


async def get_server(session: Session, server_id: str) -> Server:
    """Return a server by its id; rows refer to it, so it is there."""
    return await session.get_one(Server, server_id)


def name_of(server: str | None) -> str:
    """Return the name of the server that somebody means; None: the one that takes what is new."""
    return LOCAL if server is None else server


async def choose_server(session: Session, name: str | None) -> Server:
    """Return the server of that name, or the one that takes the next instance. Raises Invalid."""
    servers = await list_servers(session)
    for server in servers:
        if server.name == name_of(name):
            return server
    known = ", ".join(server.name for server in servers)
    raise Invalid(
        Text("There is no server {name!r:.80}; choose one of: {known}.", name=name, known=known),
        fields={
            "server": Text(
                "{name!r:.80} is unknown; choose one of: {known}", name=name, known=known
            )
        },
    )


async def reserve_port(
    session: Session,
    *,
    server_id: str,
    instance_id: str,
    offered: range,
    setting: str,
    avoid: Collection[int],
    is_free: Callable[[int], Awaitable[bool]],
) -> int:
    """Reserve the lowest free port for an instance.

    offered: the range; setting: where the operator widens it; avoid, is_free: which ports
    somebody outside of Moorage holds. Raises Unavailable when none is left.
    """
    await _take_turns(session, server_id)
    taken = set(
        await session.scalars(
            select(PortReservation.port).where(PortReservation.server_id == server_id)
        )
    )
    for port in rules.free_ports(offered, taken | set(avoid)):
        if await is_free(port):
            session.add(PortReservation(server_id=server_id, port=port, instance_id=instance_id))
            await session.flush()
            return port
    raise Unavailable(
        Text(
            "All ports of {first}-{last} are in use. Delete what is no longer needed, or "
            "widen the setting {setting}.",
            first=offered[0],
            last=offered[-1],
            setting=setting,
        )
    )


async def release_ports(session: Session, *, instance_id: str) -> None:
    """Give back the ports of an instance. Fine when it has none."""
    await session.execute(delete(PortReservation).where(PortReservation.instance_id == instance_id))


async def reserve_subnet(
    session: Session,
    *,
    server_id: str,
    owner_id: str,
    pool: str,
    prefix: int,
    avoid: Collection[str] = (),
) -> str:
    """Return the owner's subnet on a server; reserve the lowest free one when it has none.

    avoid: subnets that overlap with something outside of Moorage. Raises Unavailable when none
    is left.
    """
    await _take_turns(session, server_id)
    mine = await session.get(OwnerNetwork, (server_id, owner_id))
    if mine is not None and mine.subnet not in avoid:
        return mine.subnet
    if mine is not None:
        await session.delete(mine)
        await session.flush()
    taken = set(
        await session.scalars(
            select(OwnerNetwork.subnet).where(OwnerNetwork.server_id == server_id)
        )
    )
    subnet = next(rules.subnets(pool, prefix, taken | set(avoid)), None)
    if subnet is None:
        raise Unavailable(
            Text(
                "All subnets of {pool} are in use; widen the setting MOORAGE_NETWORK_POOL or "
                "raise MOORAGE_NETWORK_PREFIX.",
                pool=pool,
            )
        )
    session.add(OwnerNetwork(server_id=server_id, owner_id=owner_id, subnet=subnet))
    await session.flush()
    return subnet


async def release_subnet(session: Session, *, server_id: str, owner_id: str) -> None:
    """Give back the owner's subnet. Fine when it has none."""
    await session.execute(
        delete(OwnerNetwork).where(
            OwnerNetwork.server_id == server_id, OwnerNetwork.owner_id == owner_id
        )
    )


async def _take_turns(session: Session, server_id: str) -> None:
    """Let one transaction at a time reserve on a server; on SQLite there is only one writer."""
    await session.execute(
        select(Server.id).where(Server.id == server_id).with_for_update(key_share=True)
    )
