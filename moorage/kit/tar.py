"""Tars that depend on names, contents and executable bits alone."""

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Return the files in a folder and below: path within it → content and mode."""
    return {
        path.relative_to(folder).as_posix(): (
            path.read_bytes(),
            0o755 if path.stat().st_mode & 0o100 else 0o644,
        )
        for path in folder.rglob("*")
        if path.is_file()
    }


def packed(contents: Mapping[str, tuple[bytes, int]]) -> bytes:
    """Return a tar of such files. Digests of images rest on its bytes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, (content, mode) in sorted(contents.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
