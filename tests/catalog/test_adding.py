"""Apps that somebody adds: kept whole, seen at once by the service that runs."""

import json
import os
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from moorage.catalog import service
from moorage.cli import app
from tests.catalog.judged import write
from tests.catalog.test_judge_refuses import web

SHOP = """
services:
  web:
    image: nginx:${TAG:-1}
    ports: ["80:80"]
    volumes: ["./conf:/etc/nginx/conf.d:ro", "./data:/data"]
    env_file: web.env
"""


def moor(*command: str | Path) -> Result:
    return CliRunner().invoke(app, ["catalog", "add", *map(str, command)])


def shop(folder: Path, text: str = SHOP) -> Path:
    files = {"compose.yaml": text, "web.env": "A=1", "conf/site.conf": "x", "big/film": "x"}
    return write(folder / "shop", files)


def test_an_app_that_is_added_is_there_for_a_catalogue_that_is_in_use(tmp_path: Path) -> None:
    (tmp_path / "data" / "catalog").mkdir(parents=True)
    catalog = service.load([service.BUILT_IN, tmp_path / "data" / "catalog"])

    result = moor(shop(tmp_path), "--data-dir", tmp_path / "data")

    added = catalog.app("shop")
    assert result.exit_code == 0, result.output
    assert result.stdout.endswith("shop is in the catalogue: moor app install shop\n")
    assert (added.title, added.services) == ("Shop", ("web",))
    files = [file for file in added.folder.rglob("*") if file.is_file()]
    assert {str(file.relative_to(added.folder)) for file in files} == {
        *("compose.yaml", "web.env", "conf/site.conf")
    }


def test_a_check_tells_what_an_order_would_generate_ask_for_and_publish(tmp_path: Path) -> None:
    guestbook = """
services:
  web:
    image: nginx:1
    environment: {TITLE: "${TITLE:-Guests}", DB: "postgresql://guest:${DB_PASSWORD:?}@db/guest"}
    ports: ["80:8000"]
  db:
    image: postgres:17
    environment: {POSTGRES_PASSWORD: "${DB_PASSWORD:?}"}
"""

    result = moor(write(tmp_path / "shop", guestbook), "--check", "--data-dir", tmp_path / "data")

    assert result.stdout.splitlines()[-5:] == [
        "generated: DB_PASSWORD",
        "asked: TITLE (Guests)",
        "port: 8000 of web",
        "database: 5432 of db",
        "shop would be accepted; nothing was added",
    ]
    assert not (tmp_path / "data").exists()


def test_an_app_that_is_added_again_takes_the_place_of_the_earlier_one(tmp_path: Path) -> None:
    data = tmp_path / "data"
    moor(shop(tmp_path), "--data-dir", data)
    catalog = service.load([data / "catalog"])
    before = catalog.app("shop")

    result = moor(shop(tmp_path, web("ports: [8080]")), "--data-dir", data)

    assert result.stdout.endswith("shop was replaced: moor app install shop\n")
    after = catalog.app("shop")
    assert (before.main, after.main) != (None, None)
    assert before.main != after.main
    assert not (after.folder / "conf").exists()
    assert {path.name for path in (data / "catalog").iterdir()} == {"app", "kept"}


def test_an_app_is_still_there_as_it_was_before_another_took_its_place(tmp_path: Path) -> None:
    data = tmp_path / "data"
    moor(shop(tmp_path), "--data-dir", data)
    before = service.load([data / "catalog"]).app("shop")
    moor(shop(tmp_path, web("ports: [8080]")), "--data-dir", data)
    catalog = service.load([data / "catalog"])

    assert catalog.app("shop", before.edition) == before
    assert catalog.any("shop", before.edition) == before
    assert (before.folder / "conf" / "site.conf").is_file()
    assert catalog.app("shop", "gone") == catalog.app("shop") != before


def test_an_app_that_is_added_twice_alike_is_kept_once(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for _ in range(2):
        moor(shop(tmp_path), "--data-dir", data)

    [edition] = (data / "catalog" / "kept").iterdir()
    assert service.load([data / "catalog"]).app("shop").edition == edition.name


def test_an_app_takes_the_place_of_a_folder_that_somebody_put_there(tmp_path: Path) -> None:
    data = tmp_path / "data"
    moor(shop(tmp_path), "--data-dir", data)
    place = data / "catalog" / "app" / "shop"
    kept = place.resolve()
    place.unlink()
    shutil.copytree(kept, place)
    before = service.load([data / "catalog"]).app("shop")

    result = moor(shop(tmp_path), "--data-dir", data)

    assert result.stdout.endswith("shop was replaced: moor app install shop\n")
    assert (before.edition, before.title) == (None, "Shop")
    assert service.load([data / "catalog"]).app("shop").edition == kept.parent.name
    assert [path.name for path in place.parent.iterdir()] == ["shop"]


def test_an_app_that_was_replaced_just_now_is_kept_for_orders_on_their_way(tmp_path: Path) -> None:
    data = tmp_path / "data"
    moor(shop(tmp_path), "--data-dir", data)
    catalog = service.load([data / "catalog"])
    before = catalog.app("shop")
    os.utime(data / "catalog" / "kept" / str(before.edition), (0, 0))

    moor(shop(tmp_path, web("ports: [8080]")), "--data-dir", data)
    catalog.forget(used=())

    assert before.folder.is_dir()
    assert catalog.app("shop", before.edition) == before


def test_an_app_that_is_only_checked_is_not_added(tmp_path: Path) -> None:
    result = moor(shop(tmp_path), "--check", "--data-dir", tmp_path / "data")

    assert result.exit_code == 0
    assert not (tmp_path / "data").exists()


def test_an_app_that_is_refused_is_not_added_and_json_says_where(tmp_path: Path) -> None:
    folder = shop(tmp_path, web("privileged: true"))

    result = moor(folder, "--json", "--data-dir", tmp_path / "data")

    answer = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (answer["accepted"], answer["name"]) == (False, "shop")
    assert answer["findings"][0] == {
        "severity": "error",
        "where": "services.web.privileged",
        "rule": "privileged",
        "detail": "It would own the server; remove it.",
    }
    assert not (tmp_path / "data").exists()


def test_what_an_admin_allows_is_kept_with_the_app(tmp_path: Path) -> None:
    folder = shop(tmp_path, web("privileged: true"))

    result = moor(folder, "--allow", "privileged", "--data-dir", tmp_path / "data")

    added = service.load([tmp_path / "data" / "catalog"]).app("shop")
    assert result.exit_code == 0
    assert added.allowed == ("privileged",)


@pytest.mark.parametrize("check", [(), ("--check",)])
def test_a_name_that_is_shipped_is_refused_with_what_to_do(
    tmp_path: Path, check: tuple[str, ...]
) -> None:
    data = tmp_path / "data"

    result = moor(shop(tmp_path), "--name", "redis", "--json", *check, "--data-dir", data)

    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["accepted"], answer["name"]) == (1, False, "redis")
    finding = answer["findings"][0]
    assert (finding["severity"], finding["where"], finding["rule"]) == ("error", "name", "name")
    assert finding["detail"] == "There is a redis already; give another name with --name."
    assert not data.exists()


def test_a_file_of_very_many_services_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    services = "".join(f"  s{number}: {{image: nginx}}\n" for number in range(20_000))

    result = moor(shop(tmp_path, f"services:\n{services}"), "--check", "--json")

    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["accepted"]) == (1, False)
    [finding] = answer["findings"]
    assert (finding["where"], finding["rule"]) == ("services", "file")
    assert finding["detail"] == "It has 20000 services; an app has at most 100."


def test_a_link_in_a_folder_that_is_mounted_must_not_lead_out(tmp_path: Path) -> None:
    folder = shop(tmp_path)
    (folder / "conf" / "passwords").symlink_to("/etc/passwd")

    result = moor(folder, "--data-dir", tmp_path / "data")

    assert result.exit_code == 1
    assert list((tmp_path / "data" / "catalog" / "app").iterdir()) == []


def test_a_catalogue_that_can_no_longer_be_read_stays_as_it_was(tmp_path: Path) -> None:
    data = tmp_path / "data"
    moor(shop(tmp_path), "--data-dir", data)
    catalog = service.load([data / "catalog"])
    broken = data / "catalog" / "app" / "broken"
    broken.mkdir()
    (broken / "compose.yaml").write_text("[")

    assert catalog.app("shop").name == "shop"
