"""Pages of instances, as JSON."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from moorage.identity.models import User
from moorage.instances import listing
from moorage.instances.listing import Wanted, json_page
from moorage.instances.models import Instance
from moorage.inventory.models import Server
from moorage.kit.clock import now
from moorage.kit.db import Database
from moorage.kit.paging import Page, after
from moorage.tables import METADATA
from tests.make.identity import make_user
from tests.make.plans import plan

pytestmark = pytest.mark.anyio


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """Give the test each database that we support, with a server."""
    database = Database(database_url)
    await database.create_all(METADATA)
    async with database.begin() as session:
        session.add(Server(id="srv_1", name="local"))
    yield database
    await database.close()


async def make_instance(db: Database, owner: User, name: str, **columns: Any) -> Instance:
    """Add a row. columns: of Instance (Any: each its own)."""
    row = {
        "server_id": "srv_1",
        "blueprint": "redis",
        "status": "running",
        "options": {},
        "secrets_sealed": "",
        "memory_mib": 64,
        "cpus": 0.5,
        **columns,
    }
    instance = Instance(owner_id=owner.id, name=name, **row)
    async with db.begin() as session:
        session.add(instance)
    return instance


async def names(db: Database, wanted: Wanted) -> list[str]:
    page = json.loads(await json_page(db, wanted, Page(10)))
    return [item["name"] for item in page["items"]]


async def test_an_instance_is_shown_with_the_names_of_its_server_and_owner(db: Database) -> None:
    anna = await make_user(db, username="anna")
    made = await make_instance(
        db, anna, "cache", version="7", health="healthy", labels={"team": "blau ä"}
    )

    page = json.loads(await json_page(db, Wanted(), Page(10)))

    assert page == {
        "items": [
            {
                "id": made.id,
                "number": made.number,
                "name": "cache",
                "blueprint": "redis",
                "version": "7",
                "server": "local",
                "owner": "anna",
                "status": "running",
                "health": "healthy",
                "message": None,
                "memory_mib": 64,
                "cpus": 0.5,
                "deletion_protection": False,
                "created_at": made.created_at.isoformat().replace("+00:00", "Z"),
                "labels": {"team": "blau ä"},
            }
        ],
        "next": None,
    }


async def test_pages_show_everything_once_newest_first(db: Database) -> None:
    anna = await make_user(db)
    made = [(await make_instance(db, anna, f"n{number}")).id for number in range(7)]
    seen: list[list[str]] = []
    page = Page(3)

    while True:
        answer = json.loads(await json_page(db, Wanted(owner_id=anna.id), page))
        seen.append([item["id"] for item in answer["items"]])
        if answer["next"] is None:
            break
        page = replace(page, after=after(answer["next"]))

    assert [len(ids) for ids in seen] == [3, 3, 1]
    assert [one for ids in seen for one in ids] == sorted(made, reverse=True)


async def test_a_new_instance_is_in_the_next_answer(db: Database) -> None:
    anna = await make_user(db)
    before = await names(db, Wanted(owner_id=anna.id))

    await make_instance(db, anna, "cache")

    assert before == []
    assert await names(db, Wanted(owner_id=anna.id)) == ["cache"]


async def test_what_is_gone_is_not_listed_and_what_failed_is(db: Database) -> None:
    anna = await make_user(db)
    await make_instance(db, anna, "gone", deleted_at=now())
    await make_instance(db, anna, "broken", status="failed", message="No room.")

    assert await names(db, Wanted()) == ["broken"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(), {"a", "b", "c", "d"}),
        (Wanted(status="stopped"), {"b", "d"}),
        (Wanted(blueprint="mysql"), {"c", "d"}),
        (Wanted(server_id="srv_2"), {"d"}),
        (Wanted(server_id="srv_9"), set()),
        (Wanted(status="stopped", blueprint="redis"), {"b"}),
        (Wanted(label=("team", "blue")), {"b"}),
        (Wanted(label=("team", "red"), status="running"), {"a"}),
        (Wanted(label=("te.a/m $", "blue")), {"c"}),
        (Wanted(label=("absent", "blue")), set()),
    ],
)
async def test_filters_hold_together(db: Database, wanted: Wanted, found: set[str]) -> None:
    async with db.begin() as session:
        session.add(Server(id="srv_2", name="other"))
    anna, berta = await make_user(db), await make_user(db)
    for owner in (anna, berta):
        await make_instance(db, owner, "a", labels={"team": "red"})
        await make_instance(db, owner, "b", status="stopped", labels={"team": "blue"})
        await make_instance(db, owner, "c", blueprint="mysql", labels={"te.a/m $": "blue"})
        await make_instance(db, owner, "d", blueprint="mysql", status="stopped", server_id="srv_2")

    theirs = await names(db, wanted)
    hers = await names(db, replace(wanted, owner_id=anna.id))

    assert sorted(theirs) == sorted([*found, *found])
    assert set(hers) == found
    assert len(hers) == len(found)


@pytest.mark.parametrize("conditions", [set(), {"owner_id"}, {"after"}, {"owner_id", "after"}])
async def test_a_page_is_found_by_an_index_in_its_order(conditions: set[str], db: Database) -> None:
    if not db.is_sqlite:
        return

    steps = await plan(db, listing._query(frozenset(conditions)))

    assert any("instances USING INDEX" in step for step in steps)
    assert not any("TEMP B-TREE" in step for step in steps)
