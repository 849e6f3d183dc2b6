"""A new cloud from nothing: databases, users, and what is in it."""

import getpass
import grp
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import install
import places
import processes
import services
import settings

DATABASES = ("keystone", "glance", "placement", "nova", "nova_api", "nova_cell0", "neutron")
STAMP = places.CLOUD / "built"


def is_built() -> bool:
    """Tell whether there is a whole cloud, of the OpenStack and the content that we have now."""
    return STAMP.exists() and STAMP.read_text() == wanted()


def wanted() -> str:
    """Return what a whole cloud says."""
    return install.digest(places.LOCK, places.HERE / "build.py", places.HERE / "content.py")


def build() -> None:
    """Make the cloud anew, whatever was there, and leave it running."""
    processes.stop(kill=True)
    shutil.rmtree(places.CLOUD, ignore_errors=True)
    for folder in ("images/staging", "images/tasks", "nova/instances", "fernet", "credential"):
        (places.DATA / folder).mkdir(parents=True)
    settings.write()
    user = getpass.getuser()
    processes.run(
        "mariadb-install", "mariadb-install-db", "--no-defaults", f"--user={user}",
        f"--datadir={places.DATA / 'mariadb'}", f"--auth-root-socket-user={user}",
        "--auth-root-authentication-method=socket", "--skip-test-db",
    )  # fmt: skip
    services.bring_up(["mariadb"])
    for database in DATABASES:
        services.query(f"CREATE DATABASE {database} CHARACTER SET utf8mb3")
    side_by_side(keystone, nova, neutron, glance_and_placement)
    services.bring_up(services.START)
    fill("content")
    manage("nova", "cell_v2", "discover_hosts")
    places.write(STAMP, wanted())


def side_by_side(*steps: Callable[[], None]) -> None:
    """Take steps that do not need each other."""
    with ThreadPoolExecutor() as threads:
        for step in [threads.submit(step) for step in steps]:
            step.result()


def keystone() -> None:
    """Make Keystone's tables and keys, start it, and tell it about the other services."""
    manage("keystone", "db_sync")
    group = grp.getgrgid(os.getgid()).gr_name
    us = ("--keystone-user", getpass.getuser(), "--keystone-group", group)
    manage("keystone", "fernet_setup", *us)
    manage("keystone", "credential_setup", *us)
    kinds = ("public", "internal", "admin")
    urls = [word for kind in kinds for word in (f"--bootstrap-{kind}-url", places.KEYSTONE)]
    manage(
        "keystone", "bootstrap", "--bootstrap-region-id", "RegionOne", *urls,
        OS_BOOTSTRAP_PASSWORD=places.password("admin"),
    )  # fmt: skip
    services.bring_up(["keystone"])
    fill("services")


def nova() -> None:
    """Make Nova's tables and its two cells."""
    manage("nova", "api_db", "sync")
    cell0 = settings.database_url("nova_cell0")
    manage("nova", "cell_v2", "map_cell0", "--database_connection", cell0)
    manage("nova", "db", "sync")
    manage("nova", "cell_v2", "create_cell", "--name", "cell1")


def neutron() -> None:
    """Make Neutron's tables."""
    manage("neutron", "upgrade", "heads", program="neutron-db-manage")


def glance_and_placement() -> None:
    """Make the tables of Glance and of Placement."""
    manage("glance", "db_sync", configuration="glance-api.conf")
    manage("placement", "db", "sync")


def manage(
    service: str, *arguments: str, program: str = "", configuration: str = "", **environment: str
) -> None:
    """Run the program that manages a service."""
    file = places.ETC / service / (configuration or f"{service}.conf")
    processes.run(
        f"{service}-manage", places.program(program or f"{service}-manage"),
        "--config-file", str(file), *arguments, **environment,
    )  # fmt: skip


def fill(*arguments: str) -> None:
    """Run content.py, which needs OpenStack's own Python."""
    content = str(places.HERE / "content.py")
    processes.run("content", places.program("python"), content, *arguments)
