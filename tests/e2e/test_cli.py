"""`moor`, as a newcomer types it."""

import json
import stat
from collections.abc import Iterator

import pytest

from tests.make.postgres import Postgres

from .clients import log_in
from .conftest import NewService
from .service import Client, Service

pytestmark = pytest.mark.engine

PASSWORD = "hush-hush"


@pytest.fixture
def logged_in(service: Service) -> Iterator[Client]:
    """Somebody who typed `moor login`."""
    owner = service.user()
    service.moor("login", "--url", service.url, "--token", owner.token)
    yield owner
    for made in owner.list():
        owner.remove(made["id"])


def test_help_names_every_command(service: Service) -> None:
    shown = service.moor("--help").stdout

    commands = {line.split()[0] for line in shown.splitlines() if line.strip()}
    for command in ("serve", "admin", "db", "instance", "op", "images", "doctor", "config"):
        assert command in commands
    assert {"login", "purge", "user", "token", "audit", "machine"} <= commands


def test_config_shows_sources_and_no_password(new_service: NewService) -> None:
    service = new_service(LOG_FORMAT="json")
    (service.data_dir / "moorage.toml").write_text('network_prefix = 26\nlog_level = "warning"')
    service.settings["DATABASE_URL"] = f"postgresql://moor:{PASSWORD}@db.example/moor"
    shown = json.loads(service.moor("config", "--json").stdout)
    text = service.moor("config").stdout
    del service.settings["DATABASE_URL"]

    rows = {row["name"]: (row["value"], row["source"]) for row in shown}
    assert rows["MOORAGE_LOG_FORMAT"] == ("json", "environment")
    assert rows["MOORAGE_NETWORK_PREFIX"] == ("26", "moorage.toml")
    assert rows["MOORAGE_PUBLISH_ADDRESS"] == ("127.0.0.1", "default")
    assert "db.example" in text
    assert PASSWORD not in text + str(shown)


def test_a_misspelt_setting_is_told_of_where_the_service_logs(new_service: NewService) -> None:
    service = new_service(TICKET_TTL="60")

    assert "MOORAGE_TICKET_TTL is set, but there is no such setting" in service.said
    assert "MOORAGE_TICKET_TTL is set" in service.moor("config").stdout


def test_the_log_begins_with_where_the_service_is(service: Service) -> None:
    lines = [line for line in service.said.splitlines() if "Moorage 0." in line]

    assert len(lines) == 1
    assert lines[0].endswith(f"at {service.url}, data in {service.data_dir}")


def test_a_port_that_is_taken_is_one_sentence(service: Service) -> None:
    port = service.url.rpartition(":")[2]

    told = service.moor("serve", "--port", port, code=1)

    assert (
        told.stderr == f"moor: Port {port} is taken; choose another with --port, or MOORAGE_PORT.\n"
    )


def test_a_wrong_setting_is_one_sentence(service: Service) -> None:
    service.settings["DATABASE_PORTS"], right = "much", service.settings["DATABASE_PORTS"]
    told = service.moor("config", code=1)
    service.settings["DATABASE_PORTS"] = right

    assert "MOORAGE_DATABASE_PORTS" in told.stderr
    assert len(told.stderr.splitlines()) == 1


def test_doctor_finds_nothing_wrong(service: Service) -> None:
    told = service.moor("doctor").stdout

    for what in (
        "engine",
        "database",
        "disk",
        "ports",
        "image redis",
        "clock",
        "versions",
        "machines",
    ):
        assert f"ok    {what}" in told


def test_an_administrator_is_made_once(service: Service) -> None:
    made = json.loads(service.moor("admin", "create", "boss").stdout)
    before = service.rows("SELECT * FROM users")

    told = service.moor("admin", "create", "boss", code=1)

    assert made.keys() == {"username", "token", "password"}
    assert service.moor("db", "ls", "--url", service.url, "--token", made["token"]).stdout
    assert len(told.stderr.splitlines()) == 1
    assert told.stdout == ""
    assert service.rows("SELECT * FROM users") == before


def test_a_login_is_kept_for_its_owner_only(service: Service, logged_in: Client) -> None:
    [file] = service.data_dir.rglob("login.json")

    assert json.loads(file.read_text())["token"] == logged_in.token
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "There are none yet" in service.moor("db", "ls").stdout


def test_a_login_with_a_wrong_token_is_refused(service: Service) -> None:
    told = service.moor("login", "--url", service.url, "--token", "moor_no", code=1)

    assert told.stderr.startswith("moor: ")
    assert len(told.stderr.splitlines()) == 1


def test_a_database_is_ordered_listed_shown_and_removed(
    service: Service, logged_in: Client
) -> None:
    order = ("db", "create", "redis", "--name", "cache", "--set", "--maxmemory=50m", "--json")
    made = json.loads(service.moor(*order).stdout)
    number = str(made["id"])

    listed = service.moor("db", "ls").stdout
    shown = service.moor("db", "show", number).stdout
    credentials = service.moor("db", "credentials", number).stdout.strip()
    password = made["config"]["config"]["--requirepass"]

    assert "cache" in listed
    assert "is_running: yes" in shown
    assert password not in listed + shown
    assert credentials == made["url"]
    log_in(credentials)
    assert json.loads(service.moor("db", "ls", "--json").stdout)[0]["id"] == made["id"]
    assert json.loads(service.moor("db", "show", number, "--json").stdout)["name"] == "cache"
    assert "gone" in service.moor("db", "rm", number, "--yes").stdout
    assert "There is no database" in service.moor("db", "rm", number, "--yes", code=1).stderr
    assert logged_in.list() == []


def test_a_database_is_stopped_read_and_started_again(service: Service, logged_in: Client) -> None:
    made = logged_in.order("redis")
    number = str(made["id"])

    stopped = service.moor("db", "stop", number).stdout
    log = service.moor("db", "logs", number, "--follow").stdout
    operations = json.loads(service.moor("op", "ls", "--json").stdout)
    watched = service.moor("op", "watch", operations[0]["id"]).stdout
    started = service.moor("db", "start", number).stdout

    assert "instance.stop succeeded" in stopped
    assert "Ready to accept connections" in log
    assert made["config"]["config"]["--requirepass"] not in log
    assert watched.splitlines()[-1] == "It succeeded."
    assert "instance.start succeeded" in started
    log_in(made["url"])


def test_a_refused_order_is_one_sentence(service: Service, logged_in: Client) -> None:
    told = service.moor("db", "create", "mysql", "--set", "--character-set-server=utf81", code=1)

    assert "utf81" in told.stderr
    assert len(told.stderr.splitlines()) == 1
    assert logged_in.list() == []


def test_a_service_that_is_not_there_is_one_sentence(service: Service) -> None:
    told = service.moor("db", "ls", "--url", "http://127.0.0.1:9", "--token", "moor_x", code=1)

    assert "moor serve" in told.stderr
    assert len(told.stderr.splitlines()) == 1


def test_images_that_are_there_are_not_made_again(service: Service) -> None:
    told = service.moor("images", "prepare", "redis").stdout

    [line] = told.splitlines()
    assert line.startswith("redis: moorage/redis:")


def test_purge_removes_one_installation_and_nothing_else(
    new_service: NewService, service: Service, owner: Client
) -> None:
    other = owner.order("redis")
    doomed = new_service()
    made = doomed.user().order("redis")
    refused = doomed.moor("purge", "--yes", code=1)
    engine = doomed.engine
    doomed.stop()

    asking = doomed.moor("purge", code=1)
    told = doomed.moor("purge", "--yes").stdout

    assert "stop it first" in refused.stderr
    assert "--yes" in asking.stderr
    assert f"-redis-{made['id']}" in told
    assert engine.all() == []
    assert not doomed.data_dir.exists()
    log_in(other["url"])
    assert "nothing was made" in doomed.moor("purge", "--yes").stdout
    service.moor("images", "prepare", "redis")


@pytest.mark.postgres
def test_on_postgres_purge_refuses_under_a_running_service_and_then_empties_the_database(
    new_service: NewService, postgres: Postgres
) -> None:
    doomed = new_service(DATABASE_URL=postgres.create_database())
    doomed.user().order("redis")
    refused = doomed.moor("purge", "--yes", code=1)
    kept = doomed.engine.all()
    doomed.stop()

    doomed.moor("purge", "--yes")

    assert "stop it first" in refused.stderr
    assert kept != []
    assert doomed.engine.all() == []
    assert not doomed.data_dir.exists()
    for table in ("users", "instances", "operations", "installation"):
        assert doomed.rows(f"SELECT count(*) FROM {table}") == [(0,)]
