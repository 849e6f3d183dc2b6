"""What `moor doctor` looks at."""

from pathlib import Path

import pytest
import requests_mock

from moorage.config import Settings
from moorage.doctor import Finding, examine
from tests.make.cloud import make_cloud
from tests.openstack.services import ACCESS, Services

pytestmark = pytest.mark.anyio


async def test_a_compose_program_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path, docker_host=f"unix://{tmp_path}/none", compose=tmp_path / "none"
    )

    [compose] = [one for one in await examine(settings) if one.what == "compose"]

    assert not compose.is_good
    assert compose.sentence == f"{tmp_path}/none is not there: look at MOORAGE_COMPOSE."


async def test_a_folder_without_an_installation_stays_as_it_is(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, docker_host=f"unix://{tmp_path}/none")

    [database] = [one for one in await examine(settings) if one.what == "database"]

    assert database.is_good
    assert database.sentence == f"`moor serve` will make it in {tmp_path}"
    assert [*tmp_path.iterdir()] == []


async def test_machines_are_not_counted_in_a_file_that_is_not_there(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, docker_host=f"unix://{tmp_path}/none")

    [machines] = [one for one in await examine(settings) if one.what == "machines"]

    assert machines.is_good
    assert machines.sentence == f"no file {tmp_path}/machines.json; there need be none"


async def test_a_cloud_is_logged_in_to_and_one_that_cannot_be_used_told_of(tmp_path: Path) -> None:
    with requests_mock.Mocker() as mocker:
        services = Services(mocker, make_cloud())

        good = await look_at_cloud(tmp_path)
        services.password = "another"
        refused = await look_at_cloud(tmp_path)
        services.down.add("keystone.test")
        away = await look_at_cloud(tmp_path)

    where = "look at MOORAGE_OPENSTACK_… in `moor config`"
    assert good == [("cloud", True, f"logged in at {ACCESS.auth_url}")]
    assert refused == [("cloud", False, f"Invalid keystone credentials provided; {where}")]
    assert [one.sentence.endswith(f"; {where}") for one in away] == [True]


async def test_a_cloud_that_is_half_configured_is_told_of_and_none_is_not(tmp_path: Path) -> None:
    [half] = await look_at_cloud(tmp_path, openstack_password="")
    none = await look_at_cloud(tmp_path, openstack_auth_url="", openstack_project_id="")

    assert "keystone auth was not provided: PASSWORD; look at" in half.sentence
    assert none == []


async def look_at_cloud(data_dir: Path, **changes: str) -> list[Finding]:
    """Return what is found about the cloud of the tests, reached with other settings."""
    given = {
        "openstack_auth_url": ACCESS.auth_url,
        "openstack_username": ACCESS.username,
        "openstack_password": ACCESS.password,
        "openstack_project_id": ACCESS.project_id,
        "openstack_user_domain_name": ACCESS.user_domain_name,
    }
    settings = Settings.model_validate(
        {"data_dir": data_dir, "docker_host": f"unix://{data_dir}/none", **given, **changes}
    )
    return [one for one in await examine(settings) if one.what == "cloud"]
