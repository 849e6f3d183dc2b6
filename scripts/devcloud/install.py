"""OpenStack itself: a virtual environment with what requirements.lock pins."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import places
import processes
import services

PLUGINS = places.HERE / "plugins"
ENTRY_POINTS = """\
[neutron.ml2.mechanism_drivers]
moorage = moorage_mechanism:Driver
"""


def install() -> None:
    """Make the environment unless it is what the lock says."""
    for program in ("mariadbd", "mariadb-install-db", "epmd", services.RABBIT):
        if not shutil.which(program, path=processes.ENVIRONMENT["PATH"]):
            sys.exit(f"There is no {program}. As root: scripts/packages.sh devcloud")
    stamp = places.VENV / "installed"
    wanted = digest(places.LOCK)
    if not (stamp.exists() and stamp.read_text() == wanted):
        processes.stop(kill=True)  # of the OpenStack that was there
        print("Installing OpenStack: a minute or two", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", places.VENV], check=True)
        pip = (places.program("python"), "-m", "pip", "--quiet", "--disable-pip-version-check")
        subprocess.run(
            [*pip, "install", "--no-deps", "--require-hashes", "--requirement", places.LOCK],
            check=True,
        )
        places.write(stamp, wanted)
    plug()


def plug() -> None:
    """Put our drivers where Nova and Neutron find them."""
    (site,) = places.VENV.glob("lib/python3.*/site-packages")
    shutil.copy(PLUGINS / "moorage_driver.py", site / "nova" / "virt")
    shutil.copy(PLUGINS / "moorage_mechanism.py", site)
    places.write(
        site / "moorage_devcloud-1.dist-info" / "METADATA",
        "Metadata-Version: 2.1\nName: moorage-devcloud\nVersion: 1\n",
    )
    places.write(site / "moorage_devcloud-1.dist-info" / "entry_points.txt", ENTRY_POINTS)


def digest(*files: Path) -> str:
    """Return what changes when one of the files does."""
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
