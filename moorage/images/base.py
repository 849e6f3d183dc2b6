"""What the image under all that we build holds: a minimal Debian that stays small. Pure."""

import hashlib
import json
from collections.abc import Mapping

# As in the images that Docker publishes: no daemon starts when its package is installed,
# nothing is kept that a container never reads. Source: moby/contrib/mkimage/debootstrap
FILES: Mapping[str, str] = {
    "usr/sbin/policy-rc.d": "#!/bin/sh\nexit 101\n",
    "etc/dpkg/dpkg.cfg.d/container": (
        "force-unsafe-io\n"
        "path-exclude /usr/share/doc/*\n"
        "path-exclude /usr/share/man/*\n"
        "path-exclude /usr/share/locale/*\n"
    ),
    "etc/apt/apt.conf.d/container": (
        'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb || true"; };\n'
        'Dir::Cache::pkgcache "";\n'
        'Dir::Cache::srcpkgcache "";\n'
        'Acquire::Languages "none";\n'
        'APT::Install-Recommends "false";\n'
        # A mirror may be a snapshot, as it is behind an air gap. Signatures still count.
        'Acquire::Check-Valid-Until "false";\n'
    ),
}
EMPTIED = (
    "usr/share/doc",
    "usr/share/man",
    "usr/share/locale",
    "var/cache/apt",
    "var/lib/apt/lists",
    "var/log",
)
CHANGES = ('CMD ["bash"]', "ENV DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8")


def base_ref(suite: str) -> str:
    """Return the name of the base image of a Debian suite."""
    return f"moorage/debian:{suite}"


def base_digest(suite: str) -> str:
    """Return the digest of all that decides what is in it, save the packages of the day."""
    made_of = json.dumps([suite, dict(FILES), EMPTIED, CHANGES])
    return hashlib.sha256(made_of.encode()).hexdigest()
