"""What an order becomes."""

from pathlib import Path

import pytest

from moorage.catalog import render
from moorage.catalog.blueprint import Blueprint
from moorage.catalog.check import Settled, settle
from moorage.engines.port import ContainerSpec, PublishedPort, VolumeMount
from tests.catalog.blueprints import SHIPPED, every_blueprint, make_blueprint

REDIS = next(blueprint for blueprint in SHIPPED if blueprint.name == "redis")
MYSQL = next(blueprint for blueprint in SHIPPED if blueprint.name == "mysql")
POSTGRES = next(blueprint for blueprint in SHIPPED if blueprint.name == "postgres")


@pytest.fixture
def cask(tmp_path: Path) -> Blueprint:
    return make_blueprint(tmp_path)


def container(blueprint: Blueprint, settled: Settled) -> ContainerSpec:
    return render.container(
        blueprint,
        settled,
        name="x",
        image=blueprint.image(settled.versions[0]),
        labels={"a": "b"},
        network="net",
        aliases=("alias",),
        volume="x-data",
        volume_labels={"c": "d"},
        address="127.0.0.1",
        port=40000,
    )


def test_an_order_becomes_a_container(cask: Blueprint) -> None:
    order = {"CASK_PASSWORD": "12345678", "--lock": True, "--key": "87654321", "--clients": 7}

    spec = container(cask, settle(cask, order))

    assert spec.image == "moorage/cask:2.1"
    assert spec.entrypoint == ("sh", "-ec", 'exec cask "$@"', "cask")
    assert spec.command == (
        *("--cache", "32m", "--hours", "12"),
        *("--lock", "yes", "--clients", "7"),
    )
    assert spec.environment == {
        "CASK_MODE": "plain",
        "CASK_PASSWORD": "12345678",
        "CASK_KEY": "87654321",
    }
    assert spec.mounts == (VolumeMount("x-data", "/var/lib/cask", {"c": "d"}),)
    assert spec.ports == (PublishedPort("127.0.0.1", 40000, 7000),)
    assert (spec.user, spec.memory_mib, spec.cpus, spec.pids) == ("999:999", 128, 1, 57)
    assert (spec.stop_signal, spec.stop_grace_s) == ("SIGTERM", 90)
    assert spec.health is not None
    assert (spec.health.test, spec.health.interval_s) == (("CMD", "cask", "ping"), 30)


def test_what_the_caller_says_takes_the_place_of_our_default(cask: Blueprint) -> None:
    spec = container(cask, settle(cask, {"--cache": "1m", "--hours": 3}))

    assert spec.command == ("--cache", "1m", "--hours", "3")


@every_blueprint
def test_the_same_order_becomes_the_same_container(blueprint: Blueprint) -> None:
    settled = settle(blueprint)
    again = Settled(
        options=dict(settled.options),
        secrets=dict(settled.secrets),
        memory_mib=settled.memory_mib,
        cpus=settled.cpus,
        versions=settled.versions,
    )

    assert container(blueprint, settled) == container(blueprint, again)


@every_blueprint
def test_no_secret_is_among_the_arguments(blueprint: Blueprint) -> None:
    settled = settle(blueprint)

    spec = container(blueprint, settled)

    for secret in settled.secrets.values():
        assert secret in spec.environment.values()
        assert not any(secret in word for word in (*(spec.entrypoint or ()), *spec.command))


def test_a_url_is_percent_encoded(cask: Blueprint) -> None:
    settled = settle(cask, {"CASK_PASSWORD": "a/b@c:d?#%e", "CASK_DATABASE": "a/b"})

    url = render.url(cask, settled, "10.0.0.1", 5)

    assert url == "cask://keeper:a%2Fb%40c%3Ad%3F%23%25e@10.0.0.1:5/a%2Fb"


def test_a_url_with_a_version_six_address_has_brackets(cask: Blueprint) -> None:
    assert "@[fd00::1]:5/" in render.url(cask, settle(cask), "fd00::1", 5)


def test_a_redis_answer_holds_the_options_and_the_password_without_environment() -> None:
    settled = settle(REDIS, {"--requirepass": "12345678", "--maxmemory": "100m"})

    assert render.config(REDIS, settled) == {
        "--maxmemory": "100m",
        "--requirepass": "12345678",
        "inside_port": 6379,
    }
    assert render.show(REDIS, settled) == {}
    assert render.url(REDIS, settled, "h", 1) == "redis://default:12345678@h:1/0"


def test_a_mysql_answer_holds_the_environment_beside_the_options() -> None:
    order = {"MYSQL_DATABASE": "haha", "--character-set-server": "utf8"}

    answer = render.config(MYSQL, settled := settle(MYSQL, order))

    assert answer == {
        "--character-set-server": "utf8mb4",
        "inside_port": 3306,
        "environment": {
            "MYSQL_DATABASE": "haha",
            "MYSQL_ROOT_PASSWORD": settled.secrets["MYSQL_ROOT_PASSWORD"],
        },
    }
    assert render.show(MYSQL, settled) == {"MYSQL_USER": "root"}


def test_a_postgres_login_follows_the_user() -> None:
    plain, named = settle(POSTGRES), settle(POSTGRES, {"POSTGRES_USER": "anna"})

    assert render.config(POSTGRES, plain)["environment"] == {
        "POSTGRES_USER": "postgres",
        "POSTGRES_PASSWORD": plain.secrets["POSTGRES_PASSWORD"],
    }
    login = render.login(POSTGRES, named)
    assert (login.user, login.database) == ("anna", "anna")
    assert render.login(POSTGRES, plain).database == "postgres"


def test_a_redis_keeps_a_quarter_of_its_memory_free() -> None:
    command = container(REDIS, settle(REDIS, memory_mib=1024)).command

    assert command[command.index("--maxmemory") + 1] == "768mb"
    assert command[command.index("--appendonly") + 1] == "yes"
