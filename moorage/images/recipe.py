"""What an image is made of, and the digest that tells whether one is up to date."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from moorage.images.base import base_digest, base_ref
from moorage.kit import tar
from moorage.kit.errors import Invalid

IMAGE_LABEL = "moorage.image"  # the blueprint, or `debian`
RECIPE_LABEL = "moorage.recipe"  # the digest of what it was made of
SOURCE_LABEL = "moorage.source"  # the id of the image it was built on

_ONLY_A_NAME = {"Dockerfile": (b"ARG SOURCE\nFROM ${SOURCE}\n", 0o644)}


@dataclass(frozen=True, slots=True)
class Layer:
    """An image built on another one, its source, with the Dockerfile of a folder.

    folder: None for an image that only gives its source our name and labels.
    """

    ref: str
    source: str
    folder: Path | None
    digest: str

    def context(self) -> bytes:
        """Return the tar to build."""
        return _tar(self.folder)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to come by one version of a blueprint's image.

    registry: the official image; build: or a folder that makes the same of Debian packages.
    overlay: a folder built on top of either.
    suite: the Debian release that build takes its packages from.
    """

    name: str
    version: str
    registry: str | None = None
    build: Path | None = None
    overlay: Path | None = None
    suite: str = "trixie"

    def __post_init__(self) -> None:
        if (self.registry is None) == (self.build is None):
            raise Invalid(f"{self.ref} needs one source: a registry's image or a folder to build.")

    @property
    def ref(self) -> str:
        """Return the name of the finished image."""
        return f"moorage/{self.name}:{self.version}"

    def layers(self) -> list[Layer]:
        """List what to build, each on the one before it; the last is the finished image."""
        if self.registry is not None:
            source, digest = self.registry, _sha256(self.registry.encode())
            folders = [self.overlay]
        else:
            source, digest = base_ref(self.suite), base_digest(self.suite)
            folders = [folder for folder in (self.build, self.overlay) if folder is not None]
        layers: list[Layer] = []
        for number, folder in enumerate(folders, start=1):
            ref = self.ref if number == len(folders) else f"{self.ref}-source"
            digest = _sha256(digest.encode() + _tar(folder))
            layers.append(Layer(ref, source, folder, digest))
            source = ref
        return layers


def _tar(folder: Path | None) -> bytes:
    """Return the tar of an image's folder."""
    files = _ONLY_A_NAME if folder is None else tar.files(folder)
    if folder is not None and "Dockerfile" not in files:
        raise Invalid(f"{folder.name} of an image has no Dockerfile.", detail=str(folder))
    return tar.packed(files)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
