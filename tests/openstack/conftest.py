"""A real OpenStack for tests marked `openstack`. Those that break it wait until they are alone."""

import fcntl
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

DEVCLOUD = Path(__file__).parents[2] / "scripts" / "devcloud"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "moorage"
START_S = 1800  # installing and building it, on a machine that is busy with tests
INSTANCES = 20

NewProject = Callable[[int], dict[str, str]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the cloud time to start: its tests come last, and the first of them may wait.

    Those that break it come after all others, which would wait for them.
    """
    items.sort(key=lambda item: (is_marked(item), breaks_it(item)))
    for item in items:
        if is_marked(item):
            item.add_marker(pytest.mark.timeout(START_S))


def is_marked(item: pytest.Item) -> bool:
    """Tell whether a test needs a real OpenStack."""
    return item.get_closest_marker("openstack") is not None


def breaks_it(item: pytest.Item) -> bool:
    """Tell whether a test stops services of the cloud."""
    return isinstance(item, pytest.Function) and "cloud_service" in item.fixturenames


@pytest.fixture(scope="session")
def cloud() -> None:
    """A cloud that runs."""
    with turn():
        devcloud("start")


@pytest.fixture(autouse=True)
def cloud_turn(request: pytest.FixtureRequest) -> Iterator[IO[str] | None]:
    """Keep others from breaking the cloud while the test uses it."""
    if not is_marked(request.node):
        yield None
        return
    request.getfixturevalue("cloud")
    with turn() as lock:
        yield lock


@pytest.fixture(scope="session")
def cloud_env(cloud: None) -> Iterator[dict[str, str]]:
    """The variables of a user with a project of this worker's own, all of whose services run."""
    name = new_name()
    with turn():
        variables = devcloud("project", name, str(INSTANCES))
    yield variables
    with turn():
        devcloud("forget", name)


@pytest.fixture
def new_cloud_project(cloud_turn: IO[str] | None) -> Iterator[NewProject]:
    """Return what makes a project for this test alone, which may have so many instances."""
    names: list[str] = []

    def make(instances: int) -> dict[str, str]:
        names.append(new_name())
        return devcloud("project", names[-1], str(instances))

    yield make
    for name in names:
        devcloud("forget", name)


class CloudService:
    """A service of the cloud: keystone, glance, neutron, nova-api, nova-compute …"""

    def __init__(self, name: str) -> None:
        self._name = name

    def stop(self) -> None:
        """Return when it is gone."""
        devcloud("stop", self._name)

    def start(self) -> None:
        """Return when it answers."""
        devcloud("start", self._name)


@pytest.fixture
def cloud_service(cloud_turn: IO[str] | None) -> Iterator[Callable[[str], CloudService]]:
    """Return what stops and starts a service while no other test uses the cloud."""
    assert cloud_turn, "A test that breaks the cloud is marked openstack."
    fcntl.flock(cloud_turn, fcntl.LOCK_EX)
    yield CloudService
    devcloud("start")


def devcloud(*arguments: str) -> dict[str, str]:
    """Run scripts/devcloud and return the variables that it prints."""
    done = subprocess.run(
        [sys.executable, DEVCLOUD, *arguments], timeout=START_S, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return dict(line.split("=", 1) for line in done.stdout.splitlines())


@contextmanager
def turn() -> Iterator[IO[str]]:
    """Have all services run meanwhile: nobody stops one. Yields the file whose lock says so."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "devcloud-tests.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield lock


def new_name() -> str:
    """Return a name for a project that no other has."""
    return f"test-{secrets.token_hex(4)}"
