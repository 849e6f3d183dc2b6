"""One bench for the fake engine and the real one: the same image, the same programs."""

import asyncio
import io
import os
import secrets
import shutil
import socket
import tarfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from moorage.engines.docker import DockerEngine
from moorage.engines.fake import FakeEngine, Program
from moorage.engines.port import ContainerSpec, Engine

DOCKER_HOST = os.environ.get("MOORAGE_DOCKER_HOST", "unix:///var/run/docker.sock")

SLEEP = ("/bin/sleep", "1000")
TALK = ("/bin/sh", "-c", "echo one; echo two >&2; echo three; exit 3")
LINGER = ("/bin/sh", "-c", "echo here I am; exec sleep 1000")
READ = ("/bin/cat", "/drop/word")
MISSING = ("/bin/no-such-program",)
PROGRAMS = {
    TALK: Program(output=("one", "two", "three"), exit_code=3),
    LINGER: Program(output=("here I am",)),
    READ: Program(output=("hello",), exit_code=0),
    MISSING: Program(exit_code=127),
}


@dataclass(frozen=True)
class Bench:
    """An engine to try, with an image on it. labels: what everything made here carries."""

    engine: Engine
    image: str
    labels: Mapping[str, str]

    def spec(self, name: str = "one", *command: str) -> ContainerSpec:
        """Return a container that sleeps, or runs the command, and is not restarted."""
        return ContainerSpec(
            name=self.name(name),
            image=self.image,
            labels=self.labels,
            command=command or SLEEP,
            memory_mib=32,
            restart=False,
        )

    def name(self, name: str) -> str:
        """Return a name that nobody else uses."""
        return f"{self.labels['moorage.test']}-{name}"

    async def run(self, spec: ContainerSpec) -> str:
        """Create and start it."""
        container = await self.engine.create_container(spec)
        await self.engine.start_container(container)
        return container

    @contextmanager
    def taken_port(self) -> Iterator[int]:
        """Have a port that another program uses."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            port: int = server.getsockname()[1]
            if isinstance(self.engine, FakeEngine):
                self.engine.taken_ports.add(port)
            yield port


@pytest.fixture(scope="session")
def image() -> Iterator[str]:
    """An image on the real engine with nothing but busybox."""
    ref = f"moorage-test/{secrets.token_hex(4)}:1"

    async def make() -> None:
        engine = DockerEngine(DOCKER_HOST)
        await engine.import_image(ref, chunks(rootfs()), changes=["LABEL moorage.base=busybox"])
        await engine.close()

    async def remove() -> None:
        engine = DockerEngine(DOCKER_HOST)
        await engine.remove_image(ref)
        await engine.close()

    asyncio.run(make())
    yield ref
    asyncio.run(remove())


@pytest.fixture(params=["fake", pytest.param("docker", marks=pytest.mark.engine)])
def new_bench(request: pytest.FixtureRequest) -> Bench:
    """Each engine in turn."""
    labels = {"moorage.test": f"test-{secrets.token_hex(4)}"}
    if request.param == "docker":
        return Bench(DockerEngine(DOCKER_HOST), request.getfixturevalue("image"), labels)
    fake = FakeEngine()
    fake.add_image("moorage-test/busybox:1", {"moorage.base": "busybox"})
    fake.programs.update(PROGRAMS)
    return Bench(fake, "moorage-test/busybox:1", labels)


@pytest.fixture
async def bench(new_bench: Bench) -> AsyncIterator[Bench]:
    """Each engine in turn; what was made on it is removed afterwards."""
    engine, labels = new_bench.engine, new_bench.labels
    yield new_bench
    await remove_all(engine, labels)
    await engine.close()


async def remove_all(engine: Engine, labels: Mapping[str, str]) -> None:
    """Remove everything on the engine that carries the labels."""
    for container in await engine.find_containers(labels):
        await engine.remove_container(container.id)
    for network in await engine.find_networks(labels):
        await engine.remove_network(network.id)
    for volume in await engine.find_volumes(labels):
        await engine.remove_volume(volume.name)
    for image in await engine.list_images(labels):
        for tag in image.tags:
            await engine.remove_image(tag)


def rootfs() -> bytes:
    """Return a tar of a root file system with busybox and an empty /drop."""
    busybox = shutil.which("busybox")
    assert busybox, "install the Debian package busybox-static"
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.addfile(replace_mode(tarfile.TarInfo("drop"), tarfile.DIRTYPE, 0o755))
        binary = Path(busybox).read_bytes()
        info = replace_mode(tarfile.TarInfo("bin/busybox"), tarfile.REGTYPE, 0o755)
        info.size = len(binary)
        tar.addfile(info, io.BytesIO(binary))
        for name in ("sh", "sleep", "cat"):
            link = replace_mode(tarfile.TarInfo(f"bin/{name}"), tarfile.SYMTYPE, 0o777)
            link.linkname = "busybox"
            tar.addfile(link)
    return archive.getvalue()


def tar_of(name: str, content: bytes) -> bytes:
    """Return a tar with one file."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return archive.getvalue()


def replace_mode(info: tarfile.TarInfo, kind: bytes, mode: int) -> tarfile.TarInfo:
    """Set what a member is and who may do what with it."""
    info.type, info.mode = kind, mode
    return info


async def chunks(content: bytes, size: int = 65_536) -> AsyncIterator[bytes]:
    """Yield the content piece by piece."""
    for start in range(0, len(content), size):
        yield content[start : start + size]
