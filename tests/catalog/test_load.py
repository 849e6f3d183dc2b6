"""Blueprints as files: what is read, and what is refused by name."""

from pathlib import Path
from textwrap import dedent

import pytest

from moorage.catalog import check, render, service
from moorage.kit.errors import Invalid, NotFound
from tests.catalog.blueprints import SIXTH, make_blueprint


def test_five_databases_are_there_from_the_start() -> None:
    names = [blueprint.name for blueprint in service.load().list("database")]

    assert names == ["mariadb", "mysql", "postgres", "redis", "valkey"]


def test_an_unknown_blueprint_is_refused_with_the_ones_there_are() -> None:
    with pytest.raises(NotFound, match="mariadb, mysql, postgres, redis, valkey"):
        service.load().get("oracle")


def test_a_sixth_database_is_one_folder_of_data(tmp_path: Path) -> None:
    make_blueprint(tmp_path)

    catalog = service.load([service.BUILT_IN, tmp_path])

    blueprint = catalog.get("cask")
    settled = check.settle(blueprint, {"--block": "5000"})
    assert settled.options == {"--block": "8k"}
    assert render.login(blueprint, settled).user == "keeper"
    assert catalog.get("mysql").title == "MySQL"


def test_a_later_folder_takes_the_place_of_an_earlier_namesake(tmp_path: Path) -> None:
    make_blueprint(tmp_path / "a")
    make_blueprint(tmp_path / "b", SIXTH.replace("title: Cask", "title: Newer Cask"))

    catalog = service.load([tmp_path / "a", tmp_path / "b"])

    assert [blueprint.title for blueprint in catalog.list()] == ["Newer Cask"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("port: 7000", "port: many", "port: "),
        ("port: 7000", "port: 7001", "port 7001 must be in the service's expose"),
        ("pids: 50", "pids: 50\n  colour: red", "colour: "),
        ("pids: 50", "pids: 50\n  pids: 60", "'pids' is there twice"),
        ('{registry: "cask:2.1.0"}', "{}", "versions.2.1: "),
        ('{registry: "cask:2.1.0"}', '{registry: "c:1", build: debian}', "versions.2.1: "),
        ("interval: 30s", "interval: 1s", "service.healthcheck.interval: "),
        ("interval: 30s", "interval: soon", "service.healthcheck.interval: "),
        ("CASK_MODE: plain", "CASK_MODE: $HOME", "service.environment.CASK_MODE: "),
        ("${MOORAGE_IMAGE}", "cask:latest", "service.image: "),
        ("    user:", "    privileged: true\n    user:", "service.privileged: "),
        ("volumes: {data: {}}", "networks: {}", "unknown keys"),
        ("kind: database", "kind: app", "kind must be its folder, database"),
        ("requires: --lock", "requires: --gone", "there is no option --gone"),
        ('["1-debian"]', '["7"]', "there is no version '7'"),
        ("example: 4k", "example: 1m", "options.--block: '1m' must be a size"),
        ("max: 9,", "max: 9, memory: 3,", "options.--days.integer.memory: "),
        ("--days:", "--Days:", "options.--Days"),
        ("    --cellar:", "    --cellar: [", "is not YAML"),
        ("title: Cask", "title: 2026-01-01", "JSON"),
        ("services:", "services: []\nx-services:", "unknown keys"),
        ("refused:", "refused: {}\nx-y:", "unknown keys"),
    ],
)
def test_a_wrong_file_is_named_with_its_field(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert old in SIXTH

    with pytest.raises(Invalid) as refusal:
        make_blueprint(tmp_path, SIXTH.replace(old, new, 1))

    assert str(tmp_path / "database" / "cask" / "compose.yaml") in refusal.value.message
    assert said in refusal.value.message


@pytest.mark.parametrize("text", ["", "[1]", "1: 2", "services: {}", "x-moorage: {}\nservices: {}"])
def test_a_file_that_is_no_blueprint_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(Invalid, match=r"compose\.yaml"):
        make_blueprint(tmp_path, text)


def test_a_list_of_options_may_stand_in_a_file_beside(tmp_path: Path) -> None:
    head, _, options = SIXTH.partition("  options:\n")
    make_blueprint(tmp_path)
    (tmp_path / "database/cask/options.yaml").write_text(dedent("  options:\n" + options))

    blueprint = make_blueprint(tmp_path, head + "  options: options.yaml\n")

    assert "--traits" in blueprint.options
    with pytest.raises(Invalid, match="there is no file elsewhere"):
        make_blueprint(tmp_path, head + "  options: elsewhere.yaml\n")
