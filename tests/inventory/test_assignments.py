"""Who sees which machine, on each database."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from moorage.identity.models import Role, User
from moorage.identity.rules import Caller
from moorage.inventory import assignments, samples
from moorage.inventory.fake import FakeSource
from moorage.inventory.machine import FIRST_GIVEN_ID, Machine
from moorage.inventory.machines import Machines
from moorage.inventory.numbers import given_ids
from moorage.kit.db import Database
from moorage.kit.errors import Conflict, Invalid, NotFound
from moorage.tables import METADATA
from tests.make.identity import make_user

pytestmark = pytest.mark.anyio

MACHINES = [Machine(number, f"m{number}", "files") for number in (1, 2, 3)]


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """Give a database of each kind."""
    database = Database(database_url)
    await database.create_all(METADATA)
    yield database
    await database.close()


async def caller(db: Database, name: str, role: Role = "user") -> Caller:
    """Add somebody who calls."""
    user: User = await make_user(db, username=name, role=role)
    return Caller(user.id, name, role, frozenset())


async def assign(db: Database, machine: int, users: Sequence[str] | None) -> None:
    """Assign a machine."""
    async with db.begin() as session:
        await assignments.assign(session, machine, users)


async def seen(db: Database, who: Caller) -> list[int]:
    """Return what somebody sees."""
    return [one.id for one in await assignments.seen_by(db, who, known())]


def known(*more: Machine) -> Machines:
    """Return the machines, and more of them."""
    return Machines([FakeSource(*MACHINES, *more)])


async def test_everybody_sees_what_nobody_assigned_and_an_admin_all(db: Database) -> None:
    anna, bob, admin = [
        await caller(db, "anna"),
        await caller(db, "bob"),
        await caller(db, "root", "admin"),
    ]
    await assign(db, 1, ["anna"])
    await assign(db, 2, [])

    assert await seen(db, anna) == [1, 3]
    assert await seen(db, bob) == [3]
    assert await seen(db, admin) == [1, 2, 3]


async def test_a_new_assignment_takes_the_place_of_the_old_one(db: Database) -> None:
    anna, bob = await caller(db, "anna"), await caller(db, "bob")
    await assign(db, 1, ["anna"])
    await assign(db, 1, [bob.user_id, "bob"])

    async with db.read() as session:
        assert await assignments.usernames(session, [1, 2]) == {1: ["bob"]}
    assert (await seen(db, anna), await seen(db, bob)) == ([2, 3], [1, 2, 3])
    await assign(db, 1, None)
    assert await seen(db, anna) == [1, 2, 3]


async def test_a_user_that_is_not_there_leaves_everything_as_it_was(db: Database) -> None:
    anna = await caller(db, "anna")
    await assign(db, 1, ["anna"])

    with pytest.raises(Invalid, match=r"assigned_to\.1: there is no user 'bob'"):
        await assign(db, 1, ["anna", "bob"])

    assert await seen(db, anna) == [1, 2, 3]


async def test_what_somebody_does_not_see_is_not_found(db: Database) -> None:
    anna = await caller(db, "anna")
    await assign(db, 1, [])

    assert (await assignments.get_for(db, anna, known(), "2")).name == "m2"
    for wanted in ("1", "4", "02", "m2", ""):
        with pytest.raises(NotFound):
            await assignments.get_for(db, anna, known(), wanted)


class Growing(FakeSource):
    """A cloud in which anna has one more VM whenever anybody looks."""

    def __init__(self, owner_id: str) -> None:
        super().__init__()
        self._owner_id = owner_id

    async def look(self) -> Sequence[Machine]:
        """See the port."""
        number = len(self.machines) + 1
        self.machines = [
            *self.machines,
            Machine(number, f"vm{number}", "openstack", owner_id=self._owner_id),
        ]
        return self.machines


async def test_a_vm_that_comes_while_somebody_looks_is_not_shown_to_others(db: Database) -> None:
    anna, bob = await caller(db, "anna"), await caller(db, "bob")
    machines = Machines([Growing(anna.user_id)])

    shown_to_bob = await assignments.seen_by(db, bob, machines)
    listed_for_bob = await assignments.json_seen_by(db, bob, machines)

    assert (shown_to_bob, listed_for_bob) == ([], b'{"data":[]}')
    assert len(await assignments.seen_by(db, anna, machines)) == 3


async def test_of_many_assignments_at_once_one_whole_one_stays(db: Database) -> None:
    names = [(await caller(db, f"user-{letter}")).username for letter in "abcd"]

    ends = await asyncio.gather(*(assign(db, 1, [name]) for name in names), return_exceptions=True)

    assert None in ends
    assert all(end is None or isinstance(end, Conflict) for end in ends)
    async with db.read() as session:
        [[name]] = (await assignments.usernames(session, [1])).values()
    assert name in names


async def test_ids_are_handed_out_once_however_many_ask(db: Database) -> None:
    keys = ["a", "b", "c"]

    answers = await asyncio.gather(*(given_ids(db, "servers", keys) for _ in range(4)))
    other = await given_ids(db, "clouds", ["a"])

    assert all(answer == answers[0] for answer in answers)
    assert len(set(answers[0].values()) | set(other.values())) == 4
    assert min(answers[0].values()) > FIRST_GIVEN_ID


async def test_samples_are_kept_on_each_database(db: Database) -> None:
    await samples.sample(db, Machines([]))

    async with db.read() as session:
        assert await samples.list_samples(session, 1, hours=1) == []
