"""The icon of a blueprint: an SVG beside its Compose file."""

from pathlib import Path

from moorage.catalog.app import Orderable
from moorage.kit.errors import NotFound
from moorage.kit.i18n import Text

FILE = "icon.svg"
MAX_BYTES = 64 << 10


def path(blueprint: Orderable) -> Path | None:
    """Return where its icon is; None when it has none."""
    file = blueprint.folder / FILE
    return file if file.is_file() else None


def read(blueprint: Orderable) -> bytes:
    """Return its icon. Raises NotFound."""
    file = path(blueprint)
    if file is None:
        raise NotFound(Text("{name} has no icon.", name=blueprint.name))
    return file.read_bytes()
