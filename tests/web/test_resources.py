"""`GET /resource_list`, `GET` and `PATCH /resource/{id}`: what owners and admins see."""

import pytest

from tests.make.world import Person, World

pytestmark = pytest.mark.anyio

REDIS = {"resource_name": "redis", "config": {"--maxmemory": "100m"}}
BAD_PAGES = ("limit=0", "limit=1001", "limit=x", "after=-1", "after=x", f"after={1 << 63}")
NO_NUMBERS = ("0", "-1", "1.0", "1e0", "+1", "one", "%31%00", "٣", "²", "9" * 18, "9" * 5000)
NOT_FOUND = {"message": "the item was not found"}


async def test_the_list_holds_ones_own_in_the_order_they_were_made(
    world: World, anna: Person
) -> None:
    bob = await world.person("bob")
    for person in (anna, bob, anna):
        await person.http.post("/resource_list", json=REDIS)

    rows = (await anna.http.get("/resource_list")).json()["data"]

    assert [row["id"] for row in rows] == [1, 3]
    assert rows[0] == {
        "id": 1,
        "container_id": rows[0]["container_id"],
        "resource": "redis",
        "config": {"--maxmemory": "100m"},
        "name": "redis-1",
        "status": "running",
    }


async def test_an_admins_list_holds_the_admins_own_too(anna: Person, admin: Person) -> None:
    await anna.http.post("/resource_list", json=REDIS)

    assert (await admin.http.get("/resource_list")).json() == {"data": []}


async def test_the_list_holds_no_password(anna: Person) -> None:
    given = "a-password-of-my-own"
    order = {"resource_name": "redis", "config": {"--requirepass": given}}
    await anna.http.post("/resource_list", json=order)
    made = (await anna.http.post("/resource_list", json={"resource_name": "mysql"})).json()

    text = (await anna.http.get("/resource_list")).text

    assert given not in text
    assert made["config"]["config"]["environment"]["MYSQL_ROOT_PASSWORD"] not in text


async def test_pages_follow_each_other_without_gap_or_overlap(anna: Person) -> None:
    for _ in range(3):
        await anna.http.post("/resource_list", json=REDIS)

    first = (await anna.http.get("/resource_list?limit=2")).json()["data"]
    second = (await anna.http.get("/resource_list?limit=2&after=2")).json()["data"]
    third = (await anna.http.get("/resource_list?limit=2&after=3")).json()["data"]

    assert [[row["id"] for row in page] for page in (first, second, third)] == [[1, 2], [3], []]


async def test_a_page_that_cannot_be_is_refused(subtests: pytest.Subtests, anna: Person) -> None:
    for query in BAD_PAGES:
        with subtests.test(query):
            answer = await anna.http.get(f"/resource_list?{query}")

            assert answer.status_code == 400
            assert answer.json()["errors"].keys() == {query.partition("=")[0]}


async def test_a_resource_is_shown_as_its_order_was_answered(anna: Person) -> None:
    ordered = (await anna.http.post("/resource_list", json=REDIS)).json()

    answer = await anna.http.get(f"/resource/{ordered['id']}")

    assert answer.status_code == 200
    assert answer.json() == ordered | {"is_running": True}


async def test_a_killed_server_is_not_running_until_it_starts_again(
    world: World, anna: Person
) -> None:
    await anna.http.post("/resource_list", json=REDIS)
    [name] = world.engine.containers

    world.engine.kill(name)
    killed = (await anna.http.get("/resource/1")).json()["is_running"]
    await world.engine.start_container(name)
    started = (await anna.http.get("/resource/1")).json()["is_running"]

    assert (killed, started) == (False, True)


async def test_a_server_that_refuses_our_password_is_not_running(
    world: World, anna: Person
) -> None:
    await anna.http.post("/resource_list", json=REDIS)
    [container] = world.engine.containers.values()
    container.spec = type(container.spec)(
        name="x", image="x", labels={}, ports=container.spec.ports, environment={"A": "other"}
    )

    assert (await anna.http.get("/resource/1")).json()["is_running"] is False


async def test_what_is_not_there_is_not_found(subtests: pytest.Subtests, anna: Person) -> None:
    await anna.http.post("/resource_list", json=REDIS)

    for number in ("2", *NO_NUMBERS):
        with subtests.test(number[:20]):
            for answer in (
                await anna.http.get(f"/resource/{number}"),
                await anna.http.delete(f"/resource/{number}"),
                await anna.http.patch(f"/resource/{number}", json={"deletion_protection": True}),
            ):
                assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


async def test_what_is_somebody_elses_is_not_found_either(world: World, anna: Person) -> None:
    bob = await world.person("bob")
    await bob.http.post("/resource_list", json=REDIS)

    for answer in (
        await anna.http.get("/resource/1"),
        await anna.http.delete("/resource/1"),
        await anna.http.patch("/resource/1", json={"deletion_protection": True}),
    ):
        assert (answer.status_code, answer.json()) == (404, NOT_FOUND)
    assert (await bob.http.get("/resource/1")).json()["is_running"] is True


async def test_an_admin_sees_and_removes_what_is_somebody_elses(
    anna: Person, admin: Person
) -> None:
    await anna.http.post("/resource_list", json=REDIS)

    shown = await admin.http.get("/resource/1")
    removed = await admin.http.delete("/resource/1")

    assert (shown.status_code, removed.status_code) == (200, 200)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, "deletion_protection"),
        ({"deletion_protection": None}, "deletion_protection"),
        ({"deletion_protection": 1}, "deletion_protection"),
        ({"deletion_protection": "yes"}, "deletion_protection"),
        ({"deletion_protection": True, "name": "new"}, "name"),
    ],
)
async def test_a_change_that_cannot_be_is_refused(
    anna: Person, change: dict[str, object], field: str
) -> None:
    await anna.http.post("/resource_list", json=REDIS)

    answer = await anna.http.patch("/resource/1", json=change)

    assert answer.status_code == 400
    assert answer.json()["errors"].keys() == {field}


async def test_protection_is_shown_where_it_was_switched_on(anna: Person) -> None:
    ordered = (await anna.http.post("/resource_list", json=REDIS)).json()

    answer = await anna.http.patch("/resource/1", json={"deletion_protection": True})

    assert answer.status_code == 200
    assert answer.json() == ordered | {"deletion_protection": True}
    assert (await anna.http.get("/resource/1")).json()["deletion_protection"] is True
