"""Tars that depend on names, contents and executable bits alone."""

import hashlib
from pathlib import Path

from moorage.kit import tar


def test_the_bytes_of_a_tar_stay_what_they_were_or_every_image_is_built_anew(
    tmp_path: Path,
) -> None:
    (tmp_path / "a").mkdir()
    for name in ("Dockerfile", "a/b", "a-b", "é", "x" * 200):
        (tmp_path / name).write_text(name)
    (tmp_path / "a-b").chmod(0o755)

    packed = tar.packed(tar.files(tmp_path))

    assert (
        hashlib.sha256(packed).hexdigest()
        == "5ada0684d6635cb7c884a25251f250cb607270c59240f7a16f423a039808efc3"
    )
