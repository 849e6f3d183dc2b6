"""Who sees which machine: everybody, unless it is reserved for some."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import delete, select

from moorage.identity.models import User
from moorage.identity.rules import Caller, is_username
from moorage.inventory.machine import Machine, without
from moorage.inventory.machines import Machines, Snapshot
from moorage.inventory.models import MachineAssignment, ReservedMachine
from moorage.kit.db import Database, Session, save
from moorage.kit.errors import NotFound
from moorage.kit.faults import refused
from moorage.kit.i18n import Text
from moorage.kit.rows import Query, Values

Reserved = Mapping[int, frozenset[str]]  # machine → users


async def seen_by(db: Database, caller: Caller, machines: Machines) -> Sequence[Machine]:
    """Return the machines that a caller sees."""
    snapshot = await machines.snapshot()
    return without(snapshot.machines, await _hidden(db, caller, snapshot))


async def json_seen_by(db: Database, caller: Caller, machines: Machines) -> bytes:
    """Return the machines that a caller sees, as `/api/info` answers them."""
    snapshot = await machines.snapshot()
    return snapshot.json_list(await _hidden(db, caller, snapshot))


async def get_for(db: Database, caller: Caller, machines: Machines, wanted: str) -> Machine:
    """Return a machine by its id. Raises NotFound, also when the caller does not see it."""
    for machine in await seen_by(db, caller, machines):
        if str(machine.id) == wanted:
            return machine
    raise NotFound(Text("There is no machine {id!r}.", id=wanted[:80]))


async def assign(session: Session, machine_id: int, users: Sequence[str] | None) -> None:
    """Reserve a machine for some users, by name or id, or for nobody; None: it is everybody's.

    Raises Invalid (there is no such user), Conflict.
    """
    await session.execute(delete(ReservedMachine).where(ReservedMachine.machine_id == machine_id))
    if users is None:
        return
    user_ids = await _user_ids(session, users)
    await save(
        session,
        ReservedMachine(machine_id=machine_id),
        if_taken=Text("Somebody else assigns this machine right now; try again."),
    )
    session.add_all(MachineAssignment(machine_id=machine_id, user_id=one) for one in user_ids)
    await session.flush()


async def usernames(session: Session, machine_ids: Collection[int]) -> dict[int, list[str]]:
    """Return for whom machines are reserved; those that are everybody's are left out."""
    query = (
        select(ReservedMachine.machine_id, User.username)
        .outerjoin(MachineAssignment, MachineAssignment.machine_id == ReservedMachine.machine_id)
        .outerjoin(User, User.id == MachineAssignment.user_id)
        .where(ReservedMachine.machine_id.in_(machine_ids))
        .order_by(User.username)
    )
    found: dict[int, list[str]] = {}
    for machine_id, username in (await session.execute(query)).all():
        found.setdefault(machine_id, []).extend([username] if username else [])
    return found


async def _hidden(db: Database, caller: Caller, snapshot: Snapshot) -> frozenset[int]:
    if caller.is_admin:
        return frozenset()
    reserved: Reserved = await db.answer(RESERVED)
    users_of = {**snapshot.owned, **reserved}
    return frozenset(id_ for id_, users in users_of.items() if caller.user_id not in users)


async def _user_ids(session: Session, users: Sequence[str]) -> set[str]:
    names = [one for one in users if is_username(one)]  # an id is written in the letters of a name
    query = select(User.id, User.username).where(User.id.in_(names) | User.username.in_(names))
    ids: dict[str, str] = {}
    for id_, username in (await session.execute(query)).all():
        ids |= {id_: id_, username: id_}
    faults = {
        f"assigned_to.{place}": Text("there is no user {name!r:.80}", name=one)
        for place, one in enumerate(users)
        if one not in ids
    }
    if faults:
        raise refused(faults)
    return {ids[one] for one in users}


def _by_machine(rows: Sequence[tuple[int, str | None]], _values: Values) -> Reserved:
    found: dict[int, set[str]] = {}
    for machine_id, user_id in rows:
        found.setdefault(machine_id, set()).update([user_id] if user_id else [])
    return {machine_id: frozenset(users) for machine_id, users in found.items()}


RESERVED = Query(
    select(ReservedMachine.machine_id, MachineAssignment.user_id).outerjoin(
        MachineAssignment, MachineAssignment.machine_id == ReservedMachine.machine_id
    ),
    _by_machine,
)
