"""`/v1/instances`: ordered, listed, shown, changed, removed."""

import pytest

from moorage.audit.models import AuditEntry
from moorage.instances.models import Instance
from moorage.kit.errors import Invalid
from tests.make.v1 import order, running, shown
from tests.make.world import Person, World, open_world

pytestmark = pytest.mark.anyio

INSTANCES = "/v1/instances"
REDIS = {"blueprint": "redis"}


async def test_an_order_is_an_operation_that_ends_when_a_client_can_log_in(
    world: World, anna: Person
) -> None:
    wanted = {
        **REDIS,
        "name": "cache",
        "options": {"--maxmemory": "100mb"},
        "memory_mib": 256,
        "labels": {"team": "payments"},
        "deletion_protection": True,
    }

    answer = await anna.http.post(INSTANCES, json=wanted)
    await world.settled()

    operation = (await anna.http.get(answer.headers["Location"])).json()
    instance = await shown(anna, answer.json()["subject"])
    assert answer.status_code == 202
    assert answer.json()["status"] == "queued"
    assert operation["status"] == "succeeded"
    assert instance["status"] == "running"
    assert instance["options"] == {"--maxmemory": "100mb"}
    assert instance.items() >= (wanted | {"options": instance["options"]}).items()
    assert [entry.action for entry in await world.rows(AuditEntry)] == ["instance.create"]


async def test_all_that_is_wrong_with_an_order_is_said_at_once(world: World, anna: Person) -> None:
    wrong = {
        "name": "My Cache",
        "memory_mib": "much",
        "cpus": 1000,
        "version": "0.1",
        "server": "moon",
        "labels": {"Team": "x"},
        "colour": "red",
    }
    options = {"--maxmemory": "lots", "--no-such-thing": 1}

    answer = await anna.http.post(INSTANCES, json={**REDIS, **wrong, "options": options})

    pointers = {fault["pointer"] for fault in answer.json()["errors"]}
    assert answer.status_code == 400
    assert pointers == {
        *(f"#/{name}" for name in wrong),
        *(f"#/options/{name}" for name in options),
    }
    assert await world.rows(Instance) == []


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({}, "#/blueprint"),
        ({"blueprint": "oracle"}, "#/blueprint"),
        ({"blueprint": 1}, "#/blueprint"),
        ({**REDIS, "options": ["x"]}, "#/options"),
        ({**REDIS, "labels": {"a": 1}}, "#/labels/a"),
        ({**REDIS, "labels": {f"n{number}": "" for number in range(65)}}, "#/labels"),
        ({**REDIS, "labels": {"a": "x" * 256}}, "#/labels"),
        ({**REDIS, "labels": {"a": "\x00"}}, "#/labels"),
        ({**REDIS, "deletion_protection": "yes"}, "#/deletion_protection"),
    ],
)
async def test_an_order_that_makes_no_sense_is_refused_by_field(
    anna: Person, wrong: dict[str, object], pointer: str
) -> None:
    answer = await anna.http.post(INSTANCES, json=wrong)

    assert answer.status_code == 400
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


async def test_a_repeated_order_with_its_key_has_the_same_answer_even_without_an_engine(
    world: World, anna: Person
) -> None:
    key = {"Idempotency-Key": "one"}
    first = await anna.http.post(INSTANCES, json=REDIS, headers=key)
    await world.settled()
    world.engine.down = True

    again = await anna.http.post(INSTANCES, json=REDIS, headers=key)
    other = await anna.http.post(INSTANCES, json={"blueprint": "mysql"}, headers=key)

    assert (again.status_code, again.json()) == (202, first.json())
    assert again.headers["Location"] == first.headers["Location"]
    assert other.status_code == 422
    assert len(await world.rows(Instance)) == 1


async def test_without_an_engine_nothing_is_ordered(world: World, anna: Person) -> None:
    world.engine.down = True

    answer = await anna.http.post(INSTANCES, json=REDIS)

    assert answer.status_code == 503
    assert answer.json()["type"] == "/docs/problems/unavailable"
    assert await world.rows(Instance) == []


async def test_more_than_the_quota_is_refused_with_its_figures(world: World) -> None:
    async with open_world(world.settings.data_dir / "small", quota_instances=1) as small:
        anna = await small.person("anna")
        await running(small, anna)

        answer = await anna.http.post(INSTANCES, json=REDIS)

    assert answer.status_code == 413
    assert answer.json()["type"] == "/docs/problems/quota-exceeded"
    assert (answer.json()["in_use"], answer.json()["limit"]) == (1, 1)


async def test_a_name_finds_only_what_its_caller_owns(
    world: World, anna: Person, admin: Person
) -> None:
    await running(world, anna, name="cache")

    assert (await anna.http.get(f"{INSTANCES}/cache")).json()["owner"] == "anna"
    assert (await admin.http.get(f"{INSTANCES}/cache")).status_code == 404


async def test_an_instance_shows_where_it_is_and_what_it_uses_but_no_secret(
    world: World, anna: Person
) -> None:
    made = await running(world, anna, blueprint="mysql", options={"MYSQL_DATABASE": "shop"})
    secret = (await anna.http.get(f"{INSTANCES}/1/credentials")).json()["password"]

    by_id = await anna.http.get(f"{INSTANCES}/{made['id']}")
    by_number = await anna.http.get(f"{INSTANCES}/1")

    shown = by_id.json()
    [endpoint] = shown["endpoints"]
    assert {**shown, "usage": None} == {**by_number.json(), "usage": None}
    assert (shown["server"], shown["owner"]) == ("local", "anna")
    assert (shown["desired"], shown["observed"]) == ("running", "running")
    assert endpoint["protocol"] == "mysql"
    assert endpoint["url"] == f"mysql://{endpoint['address']}:{endpoint['port']}/shop"
    assert 0 < shown["usage"]["memory_bytes"] < shown["usage"]["memory_limit_bytes"]
    assert secret not in by_id.text


async def test_nothing_is_measured_while_the_engine_is_away(world: World, anna: Person) -> None:
    made = await running(world, anna)
    world.engine.down = True

    seen = await shown(anna, made["id"])

    assert seen["usage"] is None
    assert seen["endpoints"] == made["endpoints"]


async def test_a_failed_order_is_shown_with_its_cause_and_has_no_credentials(
    world: World, anna: Person
) -> None:
    world.engine.fail_next("create_container", Invalid("There is no such user."))
    operation = await order(anna)
    await world.settled()

    seen = await shown(anna, operation["subject"])
    credentials = await anna.http.get(f"{INSTANCES}/{seen['id']}/credentials")

    assert (seen["status"], seen["endpoints"], seen["usage"]) == ("failed", [], None)
    assert seen["message"] == "There is no such user."
    assert credentials.status_code == 404


async def test_an_instance_that_is_gone_is_not_there(world: World, anna: Person) -> None:
    made = await running(world, anna)
    await anna.http.delete(f"{INSTANCES}/{made['id']}")
    await world.settled()

    for path in ("", "/credentials", "/logs"):
        assert (await anna.http.get(f"{INSTANCES}/{made['id']}{path}")).status_code == 404
    assert (await anna.http.get(INSTANCES)).json()["items"] == []


async def test_a_list_can_be_narrowed(
    subtests: pytest.Subtests, world: World, anna: Person, admin: Person
) -> None:
    await running(world, anna, name="a", labels={"team": "shop"})
    await running(world, anna, name="b", blueprint="mysql", labels={"team": "shop", "env": "x=y"})
    await running(world, admin, name="c")
    await anna.http.post(f"{INSTANCES}/1/stop")
    await world.settled()

    for query, names in (
        ("", "cba"),
        ("status=stopped", "a"),
        ("blueprint=mysql", "b"),
        ("server=local", "cba"),
        ("label=team=shop", "ba"),
        ("label=env=x=y", "b"),
        ("label=env=", ""),
        ("owner=anna", "ba"),
        ("owner=me&limit=200", "c"),
        ("owner=anna&status=running&label=team=shop", "b"),
    ):
        with subtests.test(query):
            page = (await admin.http.get(f"{INSTANCES}?{query}")).json()
            assert "".join(item["name"] for item in page["items"]) == names


async def test_a_list_goes_on_where_the_page_ended_whatever_narrows_it(
    world: World, anna: Person
) -> None:
    for _ in range(3):
        await running(world, anna, labels={"team": "shop"})

    query = f"{INSTANCES}?label=team=shop&limit=2"
    first = (await anna.http.get(query)).json()
    last = (await anna.http.get(f"{query}&cursor={first['next']}")).json()

    assert [item["number"] for item in first["items"] + last["items"]] == [3, 2, 1]
    assert last["next"] is None


@pytest.mark.parametrize(
    ("query", "status"),
    [("owner=bob", 404), ("server=moon", 400), ("label=team", 400), ("status=x", 400)],
)
async def test_a_filter_that_names_nothing_is_refused(
    world: World, anna: Person, query: str, status: int
) -> None:
    await world.person("bob")

    answer = await anna.http.get(f"{INSTANCES}?{query}")

    assert answer.status_code == status


async def test_name_labels_and_protection_can_be_changed(world: World, anna: Person) -> None:
    made = await running(world, anna, labels={"team": "shop"})
    change = {"name": "blue", "labels": {"env": "test"}, "deletion_protection": True}

    answer = await anna.http.patch(f"{INSTANCES}/{made['id']}", json=change)

    assert answer.status_code == 200
    assert answer.json() == {**made, **change, "usage": answer.json()["usage"]}
    [*_, entry] = await world.rows(AuditEntry)
    assert (entry.action, entry.detail) == (
        "instance.change",
        "name, labels, deletion_protection",
    )


async def test_every_bad_field_of_a_change_is_named(world: World, anna: Person) -> None:
    made = await running(world, anna)
    wrong = {"name": "Ünsinn", "labels": {"": ""}}

    answer = await anna.http.patch(f"{INSTANCES}/{made['id']}", json=wrong)

    assert answer.status_code == 400
    assert {fault["pointer"] for fault in answer.json()["errors"]} == {"#/name", "#/labels"}


async def test_a_name_that_another_one_has_is_refused(world: World, anna: Person) -> None:
    await running(world, anna, name="blue")
    made = await running(world, anna, name="green")

    answer = await anna.http.patch(f"{INSTANCES}/{made['id']}", json={"name": "blue"})

    assert answer.status_code == 409
    assert "'blue'" in answer.json()["detail"]
    assert (await shown(anna, made["id"]))["name"] == "green"


async def test_no_cache_shows_an_instance_without_asking(world: World, anna: Person) -> None:
    made = await running(world, anna)

    answer = await anna.http.get(f"{INSTANCES}/{made['id']}")

    assert answer.headers["Cache-Control"] == "private, no-cache"


async def test_what_was_changed_meanwhile_is_not_overwritten(world: World, anna: Person) -> None:
    made = await running(world, anna)
    path = f"{INSTANCES}/{made['id']}"
    seen = (await anna.http.get(path)).headers["ETag"]
    stopped = await anna.http.post(f"{path}/stop")
    await world.settled()

    first = await anna.http.patch(path, json={"labels": {"a": "1"}}, headers={"If-Match": seen})
    late = await anna.http.patch(path, json={"labels": {"b": "2"}}, headers={"If-Match": seen})
    removal = await anna.http.delete(path, headers={"If-Match": seen})

    assert stopped.status_code == 202
    assert first.status_code == 200  # it was stopped, but nobody changed what a PATCH changes
    assert first.headers["ETag"] != seen
    assert (late.status_code, removal.status_code) == (412, 412)
    assert (await shown(anna, made["id"]))["labels"] == {"a": "1"}


async def test_a_protected_instance_stays_until_its_protection_is_lifted(
    world: World, anna: Person
) -> None:
    made = await running(world, anna, deletion_protection=True)
    path = f"{INSTANCES}/{made['id']}"

    refused = await anna.http.delete(path)
    await anna.http.patch(path, json={"deletion_protection": False})
    removal = await anna.http.delete(path)
    again = await anna.http.delete(path)
    await world.settled()

    assert refused.status_code == 409
    assert removal.status_code == 202
    assert again.json()["id"] == removal.json()["id"]
    assert await world.made() == []


async def test_data_that_are_kept_outlive_their_instance(world: World, anna: Person) -> None:
    made = await running(world, anna)

    await anna.http.delete(f"{INSTANCES}/{made['id']}?keep_data=true")
    await world.settled()

    [volume] = world.engine.volumes
    assert await world.made() == [volume]


async def test_it_is_stopped_started_and_restarted(world: World, anna: Person) -> None:
    made = await running(world, anna)
    statuses = []

    for verb in ("stop", "start", "restart"):
        answer = await anna.http.post(f"{INSTANCES}/{made['id']}/{verb}")
        await world.settled()
        assert answer.status_code == 202
        assert answer.json()["kind"] == f"instance.{verb}"
        statuses.append((await shown(anna, made["id"]))["status"])

    assert statuses == ["stopped", "running", "running"]
    assert [entry.action for entry in await world.rows(AuditEntry)] == [
        "instance.create", "instance.stop", "instance.start", "instance.restart",
    ]  # fmt: skip


async def test_a_repeated_restart_with_its_key_is_one(world: World, anna: Person) -> None:
    made = await running(world, anna)
    key = {"Idempotency-Key": "once"}

    first = await anna.http.post(f"{INSTANCES}/{made['id']}/restart", headers=key)
    await world.settled()
    again = await anna.http.post(f"{INSTANCES}/{made['id']}/restart", headers=key)
    other = await anna.http.post(f"{INSTANCES}/{made['id']}/stop", headers=key)

    assert again.json() == first.json()
    assert other.status_code == 422
    assert len(await world.settled()) == 2


async def test_the_credentials_of_an_app_are_also_those_of_its_database(
    world: World, anna: Person
) -> None:
    made = await running(world, anna, blueprint="redmine")

    told = (await anna.http.get(f"{INSTANCES}/{made['id']}/credentials")).json()

    database = world.engine.containers["websoft9-redmine-db"].spec.environment
    assert told["environment"] == {
        "DB_USER": database["POSTGRES_USER"],
        "DB_PASSWORD": database["POSTGRES_PASSWORD"],
    }


async def test_credentials_are_those_of_the_other_door_and_asking_leaves_a_trace(
    world: World, anna: Person
) -> None:
    made = await running(world, anna, blueprint="postgres")

    answer = await anna.http.get(f"{INSTANCES}/{made['id']}/credentials")

    there = (await anna.http.get("/resource/1")).json()
    told = answer.json()
    [*_, entry] = await world.rows(AuditEntry)
    assert answer.headers["Cache-Control"] == "no-store"
    assert told["url"] == there["url"]
    assert told["environment"] == there["config"]["config"]["environment"]
    assert told["url"] == (
        f"postgresql://{told['user']}:{told['password']}@{told['address']}:{told['port']}"
        f"/{told['database']}"
    )
    assert (entry.action, entry.subject) == ("instance.credentials", made["id"])
