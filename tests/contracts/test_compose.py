"""Whatever runs Compose files keeps this contract: the fake, and the tool on a real engine."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from moorage.compose.fake import FakeRunner
from moorage.compose.port import Project, Runner
from moorage.compose.runner import ComposeRunner
from moorage.engines.fake import FakeEngine
from moorage.engines.port import ImageMissing, NetworkMissing, PortTaken
from moorage.kit.errors import Conflict, Failed
from tests.contracts.conftest import DOCKER_HOST, Bench
from tests.make.ports import free_port

pytestmark = pytest.mark.anyio

FILE = """
services:
  web:
    image: ${IMAGE}
    command: [/bin/sleep, "1000"]
    environment: {PASSWORD: "${PASSWORD}"}
    depends_on: [db]
    stop_grace_period: 0s
  db:
    image: ${IMAGE}
    command: [/bin/sleep, "1000"]
    volumes: ["data:/data"]
    stop_grace_period: 0s
  later:
    image: ${IMAGE}
    profiles: [later]
volumes: {data: {}}
"""
FAILING = """
services:
  web:
    image: ${IMAGE}
    command: [/bin/sleep, "1000"]
    depends_on: {db: {condition: service_completed_successfully}}
  db:
    image: ${IMAGE}
    command: [/bin/sh, -c, "echo one; echo two >&2; echo three; exit 3"]
    volumes: ["data:/data"]
volumes: {data: {}}
"""
OVERRIDE = """
services:
  web:
    container_name: {prefix}-web
    labels: &labels {{moorage.test: {prefix}}}
    networks: !override {{net: {{}}}}
    ports: [{{target: 80, published: "{port}", host_ip: 127.0.0.1, protocol: tcp, mode: ingress}}]
  db:
    container_name: {prefix}-db
    labels: *labels
    networks: !override {{net: {{}}}}
networks: {{net: {{external: true, name: {network}}}}}
volumes: {{data: {{name: {prefix}-data, labels: *labels}}}}
"""

Up = Callable[..., Awaitable[list[str]]]


@pytest.fixture
def runner(bench: Bench) -> Runner:
    """Give what runs Compose files on the engine of the bench."""
    if isinstance(bench.engine, FakeEngine):
        return FakeRunner(bench.engine)
    return ComposeRunner(host=DOCKER_HOST)


@pytest.fixture
async def up(bench: Bench, runner: Runner, tmp_path: Path) -> Up:
    """Give what has the project run, and returns what was said."""
    prefix = bench.labels["moorage.test"]
    await bench.engine.ensure_network(prefix, labels=bench.labels, subnet=None)

    async def run(
        image: str = bench.image,
        network: str = prefix,
        port: int | None = None,
        file: str = FILE,
    ) -> list[str]:
        lines: list[str] = []
        (tmp_path / "compose.yaml").write_text(file)

        async def say(line: str) -> None:
            lines.append(line)

        override = OVERRIDE.format(
            prefix=prefix, network=network, port=free_port() if port is None else port
        )
        variables = {"IMAGE": image, "PASSWORD": "se$cret"}
        project = Project(tmp_path, "compose.yaml", prefix, variables, override)
        await runner.up(project, say=say, timeout_s=60)
        return lines

    return run


async def test_a_project_runs_as_both_files_say(bench: Bench, up: Up) -> None:
    said = await up()

    found = {one.name: one for one in await bench.engine.find_containers(bench.labels)}
    assert found.keys() == {bench.name("web"), bench.name("db")}
    assert {one.status for one in found.values()} == {"running"}
    [volume] = await bench.engine.find_volumes(bench.labels)
    assert volume.name == bench.name("data")
    assert f"{bench.name('db')} Starting" in said


async def test_secrets_are_not_to_be_seen_from_outside(bench: Bench, up: Up) -> None:
    said = await up()

    seen = [*said, *(str(one.labels) for one in await bench.engine.find_containers(bench.labels))]
    assert not any("se$cret" in text for text in seen)


async def test_what_was_made_before_is_only_started(bench: Bench, up: Up) -> None:
    port = free_port()
    await up(port=port)
    before = {one.name: one.id for one in await bench.engine.find_containers(bench.labels)}
    await bench.engine.remove_container(bench.name("db"))
    await bench.engine.stop_container(bench.name("web"), grace_s=0)

    await up(port=port)

    after = {one.name: one for one in await bench.engine.find_containers(bench.labels)}
    assert {one.status for one in after.values()} == {"running"}
    assert after[bench.name("web")].id == before[bench.name("web")]
    assert after[bench.name("db")].id != before[bench.name("db")]


async def test_a_port_of_somebody_else_is_told_as_such(bench: Bench, up: Up) -> None:
    with bench.taken_port() as port, pytest.raises(PortTaken):
        await up(port=port)


async def test_a_missing_network_is_told_as_such(up: Up) -> None:
    with pytest.raises(NetworkMissing):
        await up(network="nowhere")


async def test_a_missing_image_is_told_as_such(up: Up) -> None:
    with pytest.raises(ImageMissing):
        await up(image="moorage-test/nothing:1")


async def test_what_ends_badly_while_others_wait_for_its_end_is_named(bench: Bench, up: Up) -> None:
    with pytest.raises(Failed, match=r'"db" .* exit 3'):
        await up(file=FAILING)

    statuses = {one.name: one.status for one in await bench.engine.find_containers(bench.labels)}
    assert statuses[bench.name("db")] == "exited"
    assert statuses.get(bench.name("web"), "created") == "created"


async def test_a_container_of_somebody_else_is_not_touched(bench: Bench, up: Up) -> None:
    other = await bench.engine.create_container(bench.spec("web"))

    with pytest.raises(Conflict, match=bench.name("web")):
        await up()

    assert (await bench.engine.get_container(other)).status == "created"
