"""The cloud that the other tests run against is one: it has what they need, and makes servers."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import openstack
import pytest
from keystoneauth1.exceptions import ConnectFailure
from openstack.compute.v2.server import Server
from openstack.connection import Connection
from openstack.exceptions import ForbiddenException, SDKException

from .conftest import CloudService, NewProject

pytestmark = pytest.mark.openstack

AWAY = (ConnectFailure, SDKException)  # the SDK says it in two ways


@pytest.fixture
def connection(cloud_env: dict[str, str]) -> Iterator[Connection]:
    """A connection as a plain user of the cloud."""
    with closing(connect(cloud_env)) as connection:
        yield connection


def connect(variables: dict[str, str]) -> Connection:
    """Return a connection with what `scripts/devcloud env` prints."""
    return openstack.connect(
        load_yaml_config=False,
        load_envvars=False,
        auth={name.lower(): value for name, value in variables.items()},
    )


def test_it_has_the_images_flavors_and_networks_that_tests_ask_for(
    connection: Connection,
) -> None:
    images = {image.name for image in connection.image.images()}
    flavors = {flavor.name for flavor in connection.compute.flavors()}
    networks = {network.name for network in connection.network.networks()}

    assert images == {"cirros"}
    assert flavors == {"m1.tiny", "m1.small", "m1.medium", "m1.huge", "m1.nohost"}
    assert networks == {"private", "shared", "public"}


def test_a_server_becomes_active_and_goes_again(connection: Connection) -> None:
    created = create(connection, "m1.tiny")

    active = connection.compute.wait_for_server(created)
    connection.compute.delete_server(active)
    connection.compute.wait_for_delete(active)

    assert active.status == "ACTIVE"
    assert list(active.addresses) == ["private"]
    assert connection.compute.find_server(created.id) is None


def test_a_server_no_host_has_room_for_ends_in_error(connection: Connection) -> None:
    created = create(connection, "m1.nohost")

    failed = connection.compute.wait_for_server(created, status="ERROR", failures=[])

    assert "No valid host" in failed.fault["message"]


def test_a_project_has_a_quota_of_its_own(new_cloud_project: NewProject) -> None:
    with closing(connect(new_cloud_project(1))) as connection:
        create(connection, "m1.tiny")

        with pytest.raises(ForbiddenException, match="already used 1 of 1 instances"):
            create(connection, "m1.tiny")


def test_a_service_can_be_away_and_come_back(
    cloud_env: dict[str, str], cloud_service: Callable[[str], CloudService]
) -> None:
    service = cloud_service("neutron")

    service.stop()
    with closing(connect(cloud_env)) as connection, pytest.raises(AWAY):
        use(connection)
    service.start()

    # All at once: it must know its rules before the first of them.
    with closing(connect(cloud_env)) as connection, ThreadPoolExecutor(8) as pool:
        connection.authorize()
        asked = [pool.submit(connection.network.create_network, name="at-once") for _ in range(8)]
        for one in asked:
            connection.network.delete_network(one.result())


def use(connection: Connection) -> None:
    """Ask every service something."""
    list(connection.image.images())
    list(connection.compute.servers())
    list(connection.network.networks())


def create(connection: Connection, flavor: str) -> Server:
    """Order a server."""
    image = connection.image.find_image("cirros", ignore_missing=False)
    network = connection.network.find_network("private", ignore_missing=False)
    return connection.compute.create_server(
        name="smoke",
        image_id=image.id,
        flavor_id=connection.compute.find_flavor(flavor, ignore_missing=False).id,
        networks=[{"uuid": network.id}],
    )
