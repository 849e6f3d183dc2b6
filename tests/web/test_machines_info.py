"""`GET /api/info`: the machines that a caller may use."""

from collections.abc import Sequence

import pytest
from starlette.types import Scope

from moorage.identity import tickets
from moorage.web import shortcut
from moorage.web.shortcut import Way
from tests.make.machines import Json, row, write
from tests.make.world import Person, World

pytestmark = pytest.mark.anyio

PATH = "/api/info"


@pytest.fixture(autouse=True)
def machines(world: World) -> None:
    """Write a file of machines."""
    write(
        world.settings.machines_file,
        row(100, labels={"room": "3"}, rack=7),
        row(200, status="stoppped", GPU="NVIDIA RTX3090"),
    )


async def listed(person: Person, query: str = "") -> list[Json]:
    """Return the machines that somebody is told of."""
    answer = await person.http.get(f"{PATH}{query}")
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()["data"]
    return found


async def ids(person: Person, query: str = "") -> list[int]:
    """Return the ids of those."""
    return [machine["id"] for machine in await listed(person, query) if machine["id"] < 1000]


async def assign(admin: Person, machine: int, users: Sequence[str] | None) -> None:
    """Assign a machine."""
    answer = await admin.http.patch(f"/v1/machines/{machine}", json={"assigned_to": users})
    assert answer.status_code == 200, answer.text


async def test_machines_of_files_and_servers_are_told_in_the_words_of_the_document(
    anna: Person,
) -> None:
    first, second, local = await listed(anna)

    assert first | row(100) == first
    assert (first["rack"], first["labels"], first["source"]) == (7, {"room": "3"}, "files")
    assert (second["status"], second["GPU"]) == ("stopped", "NVIDIA RTX3090")
    assert (local["name"], local["status"], local["source"]) == ("local", "running", "servers")
    assert (local["mem"], local["mem_used"], local["cpu"]) == (16 << 30, 4 << 30, 0.25)
    assert local["GPU"] == ""
    assert local["seen_at"]
    assert first.keys() - {"rack"} == local.keys()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?status=running", [100]),
        ("?status=stopped", [200]),
        ("?status=unknown", []),
        ("?gpu=rtx3090", [200]),
        ("?gpu=nvidia%20rtx", [100, 200]),
        ("?source=files", [100, 200]),
        ("?source=servers", []),
        ("?label=room", [100]),
        ("?label=room%3D3", [100]),
        ("?label=room%3D4", []),
        ("?gpu=4090&label=room&status=running&source=files", [100]),
    ],
)
async def test_filters_leave_the_others_out(anna: Person, query: str, expected: list[int]) -> None:
    assert await ids(anna, query) == expected


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("status=stoppped", ("status", "'running', 'stopped' or 'unknown'", "stoppped")),
        ("source=moon", ("source", "'files', 'servers' or 'openstack'", "moon")),
        ("gpu=", ("gpu", "at least 1 character")),
        ("label=", ("label", "at least 1 character")),
        ("colour=red", ("'colour' is no parameter here", "gpu, label, source, status")),
        ("gpu=a&gpu=b", ("'gpu' is there twice",)),
    ],
)
async def test_a_wrong_parameter_is_refused_with_what_is_allowed(
    anna: Person, query: str, words: tuple[str, ...]
) -> None:
    answer = await anna.http.get(f"{PATH}?{query}")

    assert answer.status_code == 400
    assert answer.json().keys() == {"detail"}
    for word in words:
        assert word in answer.json()["detail"]


async def test_who_does_not_say_who_it_is_is_told_nothing(world: World) -> None:
    answer = await (await world.http()).get(PATH)

    assert (answer.status_code, answer.json()) == (401, {"detail": "Invalid or expired token"})


async def test_a_machine_is_everybodys_until_it_is_assigned(anna: Person, admin: Person) -> None:
    bob_sees: list[list[int]] = []
    for users in (None, [], ["anna"], ["admin"], ["anna", "admin"], None):
        await assign(admin, 100, users)
        bob_sees.append(await ids(anna))
        assert await ids(admin) == [100, 200]

    assert bob_sees == [[100, 200], [200], [100, 200], [200], [100, 200], [100, 200]]


async def test_an_assignment_goes_by_every_way(world: World, anna: Person, admin: Person) -> None:
    await assign(admin, 100, [])

    assert await ids(anna) == await ids(anna, "?source=files") == [200]


async def test_what_is_plain_goes_the_short_way_and_all_else_the_long_one(
    world: World, anna: Person, admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_way = []
    answer = shortcut._answer

    async def noted(scope: Scope, way: Way) -> bytes | None:
        body = await answer(scope, way)
        if body is None:
            long_way.append(scope["query_string"])
        return body

    monkeypatch.setattr(shortcut, "_answer", noted)

    short = await anna.http.get(PATH)
    long = await anna.http.get(f"{PATH}?source=files&source=files")
    long = await anna.http.get(f"{PATH}?gpu=4090")

    assert long_way == [b"source=files&source=files", b"gpu=4090"]
    assert short.json()["data"][0] == long.json()["data"][0]
    assert short.headers["content-type"] == long.headers["content-type"] == "application/json"


async def test_a_ticket_goes_the_short_way_too_until_it_ends(world: World) -> None:
    await world.person("bob", password="correct horse")
    login = (
        await (await world.http()).post(
            "/api/ticket", json={"username": "bob", "password": "correct horse"}
        )
    ).json()["data"]
    http = await world.http(x_auth_token=login["ticket"])
    before = await http.get(PATH)

    await tickets.log_out(world.tools.sessions, login["ticket"])
    after = await http.get(PATH)

    assert (before.status_code, len(before.json()["data"])) == (200, 3)
    assert (after.status_code, after.json()) == (401, {"detail": "Invalid or expired token"})


async def test_a_file_that_changes_is_told_of_at_once(world: World, anna: Person) -> None:
    before = await ids(anna)
    write(world.settings.machines_file, row(300))
    after = await ids(anna)

    world.settings.machines_file.write_text("broken")

    assert (before, after, await ids(anna)) == ([100, 200], [300], [300])


async def test_twenty_thousand_machines_are_told_as_soon_as_they_are_written(
    world: World, anna: Person
) -> None:
    write(world.settings.machines_file, *(row(number) for number in range(20_000)))

    assert len(await listed(anna)) == 20_001
