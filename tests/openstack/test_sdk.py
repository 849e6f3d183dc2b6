"""The library in our threads: logins, time limits, what goes wrong, in whose words."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import requests_mock

from moorage.kit.errors import Conflict, Invalid, MoorageError, NotFound
from moorage.openstack.access import Access
from moorage.openstack.port import (
    Flavor,
    Image,
    Network,
    OverQuota,
    Refused,
    Server,
    TooSlow,
    Unreachable,
)
from moorage.openstack.sdk import THREADS, SdkCloud
from tests.make.cloud import make_cloud
from tests.openstack.services import ACCESS, KEYSTONE, Services

pytestmark = pytest.mark.anyio

QUOTA = "Quota exceeded for instances: Requested 1, but already used 3 of 3 instances"
WITHIN_S = 10
WRONG = replace(ACCESS, password="wrong")


@pytest.fixture
def services() -> Iterator[Services]:
    """Give a cloud over HTTP."""
    with requests_mock.Mocker() as mocker:
        yield Services(mocker, make_cloud())


@pytest.fixture
async def cloud(services: Services) -> AsyncIterator[SdkCloud]:
    """Give what speaks to it."""
    opened = SdkCloud(ACCESS)
    yield opened
    await opened.close()


async def test_fifty_calls_at_once_take_one_login_and_at_most_eight_threads(
    services: Services, cloud: SdkCloud
) -> None:
    found = await asyncio.gather(*(cloud.page(Flavor) for _ in range(50)))

    threads = [one.name for one in threading.enumerate() if one.name.startswith("openstack")]
    assert found == [services.cloud.flavors] * 50
    assert services.logins == 1
    assert len(threads) <= THREADS == 8


async def test_an_expired_token_is_renewed_in_the_middle(
    services: Services, cloud: SdkCloud
) -> None:
    await cloud.page(Flavor)
    services.token = "another"

    found = await cloud.page(Flavor)

    assert (found, services.logins) == (services.cloud.flavors, 2)


async def test_a_password_that_is_wrong_is_tried_once_by_all_who_wait(services: Services) -> None:
    cloud = SdkCloud(WRONG)

    failures = await asyncio.gather(
        *(cloud.page(Flavor) for _ in range(50)), return_exceptions=True
    )

    assert {str(one) for one in failures} == {"Invalid keystone credentials provided"}
    assert {type(one) for one in failures} == {Refused}
    assert services.logins == 1
    assert "wrong" not in repr(WRONG)


async def test_a_password_that_is_changed_in_the_middle_is_refused(
    services: Services, cloud: SdkCloud
) -> None:
    await cloud.page(Flavor)
    services.token, services.password = "another", "changed"

    with pytest.raises(Refused, match="Invalid keystone credentials provided"):
        await cloud.page(Flavor)


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        (Access("", "", "", "", ""), "AUTH_URL, USERNAME, PASSWORD, PROJECT_ID, USER_DOMAIN_NAME"),
        (replace(ACCESS, project_id="", password=""), "PASSWORD, PROJECT_ID"),
    ],
)
async def test_settings_that_are_missing_are_all_named(given: Access, missing: str) -> None:
    cloud = SdkCloud(given)

    with pytest.raises(Refused) as refused:
        await cloud.page(Flavor)

    assert refused.value.message == (
        f"Required parameters for keystone auth was not provided: {missing}"
    )


@pytest.mark.parametrize("address", ["nonsense", "ftp://keystone.test", "http://", "http://[::1"])
async def test_an_address_of_keystone_that_is_none_is_refused(address: str) -> None:
    cloud = SdkCloud(replace(ACCESS, auth_url=address))

    with pytest.raises(Refused, match="AUTH_URL is no http:// or https:// address"):
        await cloud.page(Flavor)


async def test_an_entry_of_clouds_yaml_is_enough(
    services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "clouds.yaml"
    file.write_text(
        f"clouds: {{ours: {{auth: {{auth_url: '{KEYSTONE}', username: demo, "
        "password: correct horse, project_id: prj, user_domain_name: Default}}}"
    )
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(file))

    ours = SdkCloud(Access("", "", "", "", "", cloud="ours"))
    other = SdkCloud(Access("", "", "", "", "", cloud="other"))

    assert await ours.page(Flavor) == services.cloud.flavors
    with pytest.raises(Refused, match="cannot be used as it is configured: "):
        await other.page(Flavor)
    file.write_text("clouds: [}")
    with pytest.raises(Refused, match="cannot be used as it is configured: "):
        await other.page(Flavor)


@pytest.mark.parametrize(
    ("host", "kind"),
    [("nova.test", Server), ("glance.test", Image), ("neutron.test", Network)],
)
async def test_a_service_that_is_down_is_all_that_is_missed(
    services: Services, cloud: SdkCloud, host: str, kind: type
) -> None:
    services.down.add(host)
    others = {Flavor, Image, Network} - ({Flavor} if kind is Server else {kind})

    with pytest.raises(Unreachable, match="The cloud does not answer; try again in a moment"):
        await cloud.page(kind)

    for other in others:
        assert await cloud.page(other)
    services.down.clear()
    assert await cloud.page(kind) is not None


async def test_a_keystone_that_is_down_is_asked_again_the_next_time(
    services: Services, cloud: SdkCloud
) -> None:
    services.down.add("keystone.test")

    with pytest.raises(Unreachable):
        await cloud.page(Flavor)

    services.down.clear()
    assert await cloud.page(Flavor)


async def test_a_service_that_is_slow_is_not_waited_for(
    services: Services, cloud: SdkCloud
) -> None:
    await cloud.page(Flavor)
    services.slow.add("nova.test")

    with pytest.raises(TooSlow, match="The cloud did not answer in time; try again later"):
        await cloud.page(Flavor)


async def test_a_thread_that_hangs_is_not_waited_for(services: Services) -> None:
    hangs = threading.Event()
    cloud = SdkCloud(ACCESS, timeout_s=0.2)
    services.hold = hangs

    with pytest.raises(TooSlow):
        await cloud.page(Flavor)

    hangs.set()
    async with asyncio.timeout(WITHIN_S):
        while True:
            with suppress(TooSlow):
                assert await cloud.page(Flavor)
                break


@pytest.mark.parametrize(
    ("status", "content", "kind", "sentence"),
    [
        (403, {"forbidden": {"code": 403, "message": QUOTA}}, OverQuota, QUOTA),
        (413, {"overLimit": {"code": 413, "message": "Too much."}}, OverQuota, "Too much."),
        (
            409,
            {"NeutronError": {"type": "OverQuota", "message": "Quota exceeded for ['port']."}},
            OverQuota,
            "Quota exceeded for ['port'].",
        ),
        (
            403,
            {"forbidden": {"code": 403, "message": "Maximum number of ports exceeded"}},
            OverQuota,
            "Maximum number of ports exceeded",
        ),
        (
            403,
            {"forbidden": {"code": 403, "message": "Policy doesn't allow it."}},
            Refused,
            "Policy doesn't allow it.",
        ),
        (
            403,
            {"forbidden": {"code": 403, "message": "Project prj is over a limit for [servers]"}},
            OverQuota,
            "Project prj is over a limit for [servers]",
        ),
        (
            403,
            {"forbidden": {"code": 403, "message": "Policy doesn't allow os-quota-sets."}},
            Refused,
            "Policy doesn't allow os-quota-sets.",
        ),
        (
            400,
            {"badRequest": {"code": 400, "message": "Flavor nope could not be found."}},
            Invalid,
            "Flavor nope could not be found.",
        ),
        (
            404,
            {"itemNotFound": {"code": 404, "message": "Instance could not be found."}},
            NotFound,
            "Instance could not be found.",
        ),
        (
            409,
            {"conflictingRequest": {"code": 409, "message": "It is locked."}},
            Conflict,
            "It is locked.",
        ),
        (500, {"computeFault": {"code": 500, "message": "quota"}}, Unreachable, "its log says why"),
        (503, {"message": "busy"}, Unreachable, "its log says why"),
        (200, ["no", "server"], Unreachable, "makes no sense"),
        (200, {"server": {"id": 7}}, Unreachable, "makes no sense"),
    ],
)
async def test_what_a_cloud_says_is_told_by_our_kinds_in_its_words(
    services: Services,
    cloud: SdkCloud,
    status: int,
    content: object,
    kind: type[MoorageError],
    sentence: str,
) -> None:
    services.refusal = (status, content)

    with pytest.raises(kind) as refused:
        await cloud.get("8d3c1c7e-0000-4000-8000-000000000000")

    assert type(refused.value) is kind
    assert sentence in refused.value.message


async def test_a_server_that_the_cloud_keeps_for_a_while_is_gone(
    services: Services, cloud: SdkCloud
) -> None:
    kept = services.cloud.add("web-1", status="SOFT_DELETED")

    with pytest.raises(NotFound):
        await cloud.get(kept.id)


async def test_an_image_is_found_by_a_name_that_looks_like_an_operator_of_glance(
    services: Services, cloud: SdkCloud
) -> None:
    for name in ("in:cirros", "neq:cirros", "debian:13"):
        image = replace(services.cloud.images[0], id=name, name=name)
        services.cloud.images.append(image)

        assert await cloud.matching(Image, name) == [image]


async def test_what_is_asked_for_is_never_a_path(services: Services, cloud: SdkCloud) -> None:
    for odd in ("detail", "../limits", "a/b", "?x=1", "#"):
        await cloud.matching(Server, odd)
        with pytest.raises(NotFound):
            await cloud.delete(odd)

    asked = {call.split("/v2.1/")[1].split("/")[0] for call in services.calls}
    assert asked == {"servers"}


def test_the_library_is_not_loaded_before_it_is_needed() -> None:
    program = (
        "import sys; from moorage.app import create_app; "
        "sys.exit(bool({'openstack', 'keystoneauth1', 'requests'} & set(sys.modules)))"
    )

    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
