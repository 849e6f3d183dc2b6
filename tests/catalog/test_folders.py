"""What an app's services see of its own folder is a copy."""

import io
import tarfile
from pathlib import Path
from typing import Any

import pytest

from moorage.catalog import folders

Json = dict[str, Any]  # Any: JSON of the parser


def bind(source: Path | str, target: str, **more: object) -> Json:
    return {"type": "bind", "source": str(source), "target": target, **more}


def model(*mounts: Json) -> Json:
    return {"services": {"web": {"volumes": [*mounts]}}, "volumes": {"data": {"name": "a_data"}}}


def test_a_file_becomes_a_config_with_its_text(tmp_path: Path) -> None:
    (tmp_path / "web.conf").write_text("home $HOME")

    copied = folders.copied(model(bind(tmp_path / "web.conf", "/etc/web.conf")), tmp_path)

    assert copied["services"]["web"]["volumes"] == []
    [config] = copied["services"]["web"]["configs"]
    assert config == {"source": "file-web-conf", "target": "/etc/web.conf"}
    assert copied["configs"]["file-web-conf"] == {"content": "home $$HOME"}


@pytest.mark.parametrize("there_is_one", [True, False])
def test_a_folder_becomes_a_volume(tmp_path: Path, there_is_one: bool) -> None:
    folder = tmp_path / "conf.d"
    if there_is_one:
        folder.mkdir()

    copied = folders.copied(model(bind(folder, "/etc/conf.d", read_only=True)), tmp_path)

    [mount] = copied["services"]["web"]["volumes"]
    assert mount == {
        "type": "volume",
        "source": "folder-conf-d",
        "target": "/etc/conf.d",
        "read_only": True,
    }
    assert copied["volumes"]["folder-conf-d"] == {folders.FOLDER: str(folder)}


def test_a_volume_that_is_a_folder_of_the_project_becomes_an_ordinary_one(tmp_path: Path) -> None:
    given = model()
    given["volumes"]["data"]["driver_opts"] = {"type": "none", "device": str(tmp_path / "data")}

    copied = folders.copied(given, tmp_path)

    assert copied["volumes"]["data"] == {folders.FOLDER: str(tmp_path / "data")}


def test_clocks_of_the_server_are_left_out_and_the_rest_stays(tmp_path: Path) -> None:
    volume = {"type": "volume", "source": "data", "target": "/data"}
    given = model(volume, bind("/etc/localtime", "/etc/localtime", read_only=True))

    copied = folders.copied(given, tmp_path)

    assert copied["services"]["web"]["volumes"] == [volume]


def test_what_is_no_text_can_only_be_read(tmp_path: Path) -> None:
    (tmp_path / "logo").write_bytes(b"\xff\xfe\xfd")

    copied = folders.copied(model(bind(tmp_path / "logo", "/logo")), tmp_path)

    [mount] = copied["services"]["web"]["volumes"]
    assert (mount["type"], mount["read_only"]) == ("bind", True)


def test_the_model_that_was_given_stays_as_it_is(tmp_path: Path) -> None:
    given = model(bind(tmp_path / "data", "/data"))

    folders.copied(given, tmp_path)

    assert given == model(bind(tmp_path / "data", "/data"))


def test_a_folder_is_packed_with_all_that_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "run.sh").write_text("true")
    (tmp_path / "sub" / "run.sh").chmod(0o755)

    packed = folders.archive(str(tmp_path))

    assert packed is not None
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        [entry] = tar.getmembers()
    assert (entry.name, entry.mode) == ("sub/run.sh", 0o755)
    assert folders.archive(str(tmp_path / "nothing")) is None
