"""The base image: a minimal Debian, made by debootstrap from a mirror."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from moorage.engines.port import Engine, Say
from moorage.images.base import CHANGES, EMPTIED, FILES, base_digest, base_ref
from moorage.images.process import SYSTEM_PATH, run, stream
from moorage.images.recipe import IMAGE_LABEL, RECIPE_LABEL
from moorage.kit.errors import Unavailable

ROLLING = ("sid", "unstable")  # have no security archive: updates come by themselves
DETAILS = ("I: Retrieving", "I: Validating", "I: Extracting", "I: Unpacking")
NO_MIRROR = (
    "This machine's apt knows no Debian mirror: "
    "run apt-get update, or set MOORAGE_DEBIAN_MIRROR to one."
)


@dataclass(frozen=True, slots=True)
class Mirror:
    """Where Debian packages come from. security: the archive of security updates, if known."""

    main: str
    security: str | None = None

    def sources(self, suite: str) -> str:
        """Return the sources.list of a suite."""
        lines = [f"deb {self.main} {suite} main\n"]
        if self.security and suite not in ROLLING:
            lines.append(f"deb {self.security} {suite}-security main\n")
        return "".join(lines)


async def make_base(engine: Engine, suite: str, *, mirror: str | None, say: Say) -> None:
    """Make the base image of a suite and give it to the engine.

    mirror: the URL of a Debian mirror; None: the one this machine's own apt uses.
    Raises Unavailable (not root, no debootstrap, no mirror, or one that fails).
    """
    if shutil.which("debootstrap", path=SYSTEM_PATH) is None:
        raise Unavailable("Building images needs debootstrap: run apt-get install debootstrap.")
    if os.geteuid() != 0:
        raise Unavailable("Building images needs root: run moor images prepare as root once.")
    place = Mirror(mirror) if mirror else await machine_mirror()
    await say(f"Making {base_ref(suite)} with debootstrap")
    async with _working_folder() as folder:
        root = folder / "root"
        # In a mount namespace of its own, so that no mount outlives it.
        debootstrap = ("unshare", "--mount", "debootstrap", "--variant=minbase")
        options = ("--include=ca-certificates", suite, str(root), place.main)
        await run(*debootstrap, *options, say=_without(DETAILS, say))
        await asyncio.to_thread(_furnish, root, place.sources(suite))
        label = f"LABEL {IMAGE_LABEL}=debian {RECIPE_LABEL}={base_digest(suite)}"
        archive = stream("tar", "--numeric-owner", "-C", str(root), "-c", ".")
        await engine.import_image(base_ref(suite), archive, changes=(*CHANGES, label))


async def machine_mirror() -> Mirror:
    """Return the mirror that this machine's own apt uses. Raises Unavailable."""
    if shutil.which("apt-get", path=SYSTEM_PATH) is None:
        raise Unavailable(NO_MIRROR)
    sites: dict[str, str] = {}

    async def keep(line: str) -> None:
        label, _, site = line.partition(" ")
        sites.setdefault(label, site)

    wanted = ("Created-By: Packages", "Origin: Debian")
    await run("apt-get", "indextargets", "--format", "$(LABEL) $(SITE)", *wanted, say=keep)
    if "Debian" not in sites:
        raise Unavailable(NO_MIRROR)
    return Mirror(sites["Debian"], sites.get("Debian-Security"))


def _without(beginnings: tuple[str, ...], say: Say) -> Say:
    async def say_the_rest(line: str) -> None:
        if not line.startswith(beginnings):
            await say(line)

    return say_the_rest


def _furnish(root: Path, sources: str) -> None:
    for name in EMPTIED:
        shutil.rmtree(root / name)
        (root / name).mkdir()
    for name, content in FILES.items():
        (root / name).write_text(content)
    (root / "usr/sbin/policy-rc.d").chmod(0o755)
    (root / "etc/apt/sources.list").write_text(sources)


@asynccontextmanager
async def _working_folder() -> AsyncIterator[Path]:
    # Not /tmp, which may be memory or forbid the devices that a root file system has.
    folder = Path(tempfile.mkdtemp(prefix="moorage-", dir="/var/tmp"))
    try:
        yield folder
    finally:
        await asyncio.to_thread(shutil.rmtree, folder)
