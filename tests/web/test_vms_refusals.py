"""The VMs door: what is refused, and in which words; a cloud that fails."""

import asyncio
from pathlib import Path

import pytest

from moorage.openstack.access import Access
from moorage.openstack.sdk import SdkCloud
from tests.make.cloud import ORDER, make_vm
from tests.make.identity import make_token
from tests.make.world import Person, World, open_world

pytestmark = pytest.mark.anyio

DOOR = "/api/v1"
MISSING = (
    "Invalid image provided: none; image_id is required; "
    "Invalid flavor provided: none; flavor_id is required; "
    "Invalid network provided: none; network_id is required; "
    "Invalid name provided: none; name is required"
)
NAME = "a name has 1 to 255 printable characters, and no blank at its ends"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"image_id": "X"}, "Invalid image provided: X"),
        ({"flavor_id": "X"}, "Invalid flavor provided: X"),
        ({"network_id": "X"}, "Invalid network provided: X"),
        (
            {"image_id": "X", "flavor_id": 7, "network_id": ""},
            "Invalid image provided: X; Invalid flavor provided: 7; Invalid network provided: ",
        ),
        ({"name": ""}, f"Invalid name provided: ''; {NAME}"),
        ({"name": " web"}, f"Invalid name provided: ' web'; {NAME}"),
        ({"name": "a\nb"}, f"Invalid name provided: 'a\\nb'; {NAME}"),
        ({"name": 5}, f"Invalid name provided: 5; {NAME}"),
        ({"name": "x" * 256}, f"Invalid name provided: '{'x' * 79}; {NAME}"),
        ({"managed": True}, "managed cannot be had yet: leave it out, or set it to false"),
        (
            {"image": "cirros"},
            "image is there twice, as image and image_id; give one of them",
        ),
    ],
)
async def test_a_bad_field_is_named_with_what_was_given(
    world: World, anna: Person, change: dict[str, object], message: str
) -> None:
    answer = await anna.http.post(f"{DOOR}/server", json={**ORDER, **change})

    assert (answer.status_code, answer.json()) == (400, {"message": message})
    assert world.cloud.servers == {}


async def test_all_that_is_missing_or_unknown_is_named_at_once(anna: Person) -> None:
    answer = await anna.http.post(f"{DOOR}/server", json={"colour": "red"})

    assert answer.status_code == 400
    assert answer.json()["message"].startswith(f"{MISSING}; colour is no field of this request;")


async def test_a_form_with_a_field_twice_or_a_bad_one_is_refused(anna: Person) -> None:
    for form, words in (
        ({**ORDER, "name": ["a", "b"]}, "The request says 'name' twice"),
        ({**ORDER, "image_id": "X", "managed": "true"}, "Invalid image provided: X; managed "),
    ):
        answer = await anna.http.post(f"{DOOR}/server", data=form)

        assert answer.status_code == 400
        assert answer.json()["message"].startswith(words)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"name": 1, "name": 2}', b"\xff"])
async def test_a_body_that_is_no_object_is_refused(anna: Person, body: bytes) -> None:
    answer = await anna.http.post(f"{DOOR}/server", content=body)

    assert answer.status_code == 400
    assert answer.json().keys() == {"message"}


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=-1", "limit=x", "marker=nothing", "colour=red", "limit=1&limit=2"]
)
async def test_a_bad_parameter_is_refused(anna: Person, query: str) -> None:
    for noun in ("image", "flavor", "network", "server"):
        answer = await anna.http.get(f"{DOOR}/{noun}?{query}")

        assert answer.status_code == 400
        assert query.split("=")[0] in answer.json()["message"]


async def test_an_empty_marker_is_refused_whatever_the_cloud_would_make_of_it(
    anna: Person,
) -> None:
    for noun in ("image", "flavor", "network", "server"):
        answer = await anna.http.get(f"{DOOR}/{noun}?marker=")

        assert answer.status_code == 400
        assert "at least 1 character" in answer.json()["message"]


async def test_a_name_that_fits_several_is_a_conflict(world: World, anna: Person) -> None:
    for _ in range(2):
        make_vm(world.cloud, "web", owner=anna.user)

    answers = [
        await anna.http.get(f"{DOOR}/image/twin"),
        await anna.http.post(f"{DOOR}/server", json={**ORDER, "image_id": "twin"}),
    ]
    server = await anna.http.delete(f"{DOOR}/server/web")

    sentence = "2 have the name 'twin'; say which image by its id."
    assert [(one.status_code, one.json()["message"]) for one in answers] == [(409, sentence)] * 2
    assert server.status_code == 409
    assert len(world.cloud.servers) == 2


@pytest.mark.parametrize("name", ["nope", "a%20b", "a[b(", "%2e%2e", "é", "😀", "'\"", "x" * 300])
async def test_a_thing_that_is_not_there_is_not_found(anna: Person, name: str) -> None:
    for noun in ("image", "flavor", "network", "server"):
        answer = await anna.http.get(f"{DOOR}/{noun}/{name}")

        assert answer.status_code == 404
        assert answer.json()["message"].startswith("There is no ")


async def test_sentences_come_in_the_language_that_is_liked_best(anna: Person) -> None:
    for language, sentence in {
        "zh": "没有镜像 'nope'。",
        "ru": "Не найдено: образ 'nope'.",
        "de": "There is no image 'nope'.",
    }.items():
        answer = await anna.http.get(f"{DOOR}/image/nope", headers={"accept-language": language})

        assert answer.json() == {"message": sentence}


async def test_a_cloud_without_room_says_why_and_nothing_is_left(
    world: World, anna: Person
) -> None:
    nowhere = await anna.http.post(f"{DOOR}/server", json={**ORDER, "flavor_id": "m1.nohost"})
    world.cloud.quotas = {"cores": 0}
    over = await anna.http.post(f"{DOOR}/server", json=ORDER)

    assert nowhere.status_code == over.status_code == 400
    assert nowhere.json()["message"].startswith("No valid host was found.")
    assert over.json()["message"] == (
        "Quota exceeded for cores: Requested 1, but already used 0 of 0 cores"
    )
    assert world.cloud.servers == {}


async def test_a_vm_that_the_cloud_cannot_make_is_a_bad_gateway_with_its_reason(
    world: World, anna: Person
) -> None:
    world.cloud.fault = "Build of instance aborted: Failed to allocate the network(s)"

    answer = await anna.http.post(f"{DOOR}/server", json=ORDER)

    sentence = f"The cloud could not do it: {world.cloud.fault}"
    assert (answer.status_code, answer.json()) == (502, {"message": sentence})
    assert world.cloud.servers == {}


async def test_a_vm_that_failed_is_kept_when_that_is_asked_for(world: World, anna: Person) -> None:
    answer = await anna.http.post(
        f"{DOOR}/server?keep_failed=true", json={**ORDER, "flavor_id": "m1.nohost"}
    )

    assert answer.status_code == 400
    kept = (await anna.http.get(f"{DOOR}/server/web-1")).json()["server"]
    assert (kept["status"], kept["fault"]) == ("ERROR", answer.json()["message"])
    assert (await anna.http.delete(f"{DOOR}/server/{kept['id']}")).status_code == 200
    assert world.cloud.servers == {}


async def test_of_eight_orders_at_once_three_are_made_where_there_may_be_three(
    world: World, anna: Person
) -> None:
    world.cloud.quotas = {"instances": 3}

    answers = await asyncio.gather(
        *(anna.http.post(f"{DOOR}/server", json={**ORDER, "name": f"web-{n}"}) for n in range(8))
    )

    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [400] * 5
    assert [server.status for server in world.cloud.servers.values()] == ["ACTIVE"] * 3


async def test_a_cloud_that_is_down_is_a_bad_gateway(world: World, anna: Person) -> None:
    world.cloud.down = True

    answers = [
        await anna.http.get(f"{DOOR}/server"),
        await anna.http.get(f"{DOOR}/image/cirros"),
        await anna.http.post(f"{DOOR}/server", json=ORDER),
        await anna.http.delete(f"{DOOR}/server/web-1"),
    ]

    sentence = "The cloud does not answer; try again in a moment."
    assert [one.status_code for one in answers] == [502] * 4
    assert [one.json() for one in answers] == [{"message": sentence}] * 4
    assert await world.settled() == []


async def test_a_reader_and_another_user_change_nothing(world: World, anna: Person) -> None:
    server = make_vm(world.cloud, owner=anna.user)
    _, token = await make_token(world.db, user=anna.user, scopes=["read"])
    reader = await world.http(authorization=f"Bearer {token}")
    bob = await world.person("bob")

    for http, status in ((reader, 403), (bob.http, 404)):
        for verb in ("start", "stop", "reboot"):
            answer = await http.post(f"{DOOR}/server/{server.id}/{verb}")
            assert answer.status_code == status
        assert (await http.delete(f"{DOOR}/server/{server.id}")).status_code == status
    assert list(world.cloud.servers.values()) == [server]
    assert await world.settled() == []


async def test_a_cloud_that_is_not_configured_is_said_to_lack_its_settings(
    tmp_path: Path,
) -> None:
    cloud = SdkCloud(Access("http://cloud.test", "demo", "", "", "Default"))
    async with open_world(tmp_path, cloud=cloud) as world:
        anna = await world.person("anna")

        answers = [
            await anna.http.get(f"{DOOR}/server"),
            await anna.http.post(f"{DOOR}/server", json=ORDER),
            await anna.http.post(f"{DOOR}/server", json={}),
            await anna.http.get(f"{DOOR}/network/private"),
        ]

    sentence = "Required parameters for keystone auth was not provided: PASSWORD, PROJECT_ID"
    assert [(one.status_code, one.json()) for one in answers] == [(403, {"message": sentence})] * 4
