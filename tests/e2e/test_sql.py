"""MySQL, MariaDB and PostgreSQL as people order them."""

from collections.abc import Iterator
from urllib.parse import quote

import psycopg
import pymysql
import pytest

from .clients import as_user, ask
from .service import Client, Json, Service

pytestmark = pytest.mark.engine

PASSWORD = r"""p@ss word:/?#[]!$&'()*+,;=\%^`{|}~<>-"word"""
HERS = r"""anna's:"o\wn"%40$HOME`id`word"""
MYSQL_ORDER = {
    "MYSQL_ROOT_PASSWORD": PASSWORD,
    "MYSQL_DATABASE": "my_shop",
    "MYSQL_USER": "anna",
    "MYSQL_PASSWORD": HERS,
    "--character-set-server": "utf8",
    "--max-connections": 77,
    "--innodb-buffer-pool-size": "256m",
    "--default-time-zone": "+03:00",
}
MARIADB_ORDER = {key.replace("MYSQL_", "MARIADB_"): value for key, value in MYSQL_ORDER.items()}
POSTGRES_ORDER = {
    "POSTGRES_PASSWORD": PASSWORD,
    "POSTGRES_DB": "my_shop",
    "POSTGRES_USER": "anna",
    "--max-connections": 77,
    "--work-mem": "5MB",
}


@pytest.fixture(scope="module")
def customer(service: Service) -> Client:
    """Whoever ordered what these tests only read."""
    return service.user()


@pytest.fixture(scope="module", params=["mysql", "mariadb"])
def mysql(request: pytest.FixtureRequest, customer: Client) -> Iterator[Json]:
    """A MySQL or a MariaDB with options, a user, and passwords of their owner's choice."""
    made = customer.order(request.param, MYSQL_ORDER)
    yield made
    customer.remove(made["id"])


@pytest.fixture(scope="module")
def postgres(customer: Client) -> Iterator[Json]:
    """A PostgreSQL with options, a user, and a password of its owner's choice."""
    made = customer.order("postgres", POSTGRES_ORDER)
    yield made
    customer.remove(made["id"])


def test_mysqls_options_are_in_force(mysql: Json) -> None:
    in_force: dict[str, str] = dict(ask(mysql["url"], "SHOW GLOBAL VARIABLES"))

    assert in_force["character_set_server"] == "utf8mb4"
    assert in_force["collation_server"].startswith("utf8mb4_")
    assert in_force["max_connections"] == "77"
    assert in_force["innodb_buffer_pool_size"] == str(256 << 20)
    assert in_force["time_zone"] == "+03:00"


def test_mysqls_database_is_there_in_the_ordered_character_set(mysql: Json) -> None:
    [(database, character_set)] = ask(mysql["url"], "SELECT DATABASE(), @@character_set_database")

    assert (database, character_set) == ("my_shop", "utf8mb4")


def test_mysqls_user_can_use_the_ordered_database_and_no_other(mysql: Json) -> None:
    hers = as_user(mysql["url"], "anna", quote(HERS, safe=""))

    ask(hers, "CREATE TABLE words (word TEXT) AS SELECT 'ahoy' AS word")
    assert ask(hers, "SELECT word FROM words") == [("ahoy",)]
    ask(hers, "DROP TABLE words")
    with pytest.raises(pymysql.err.OperationalError, match="denied"):
        ask(hers.replace("/my_shop", "/myxshop"), "SELECT 1")
    with pytest.raises(pymysql.err.OperationalError, match="denied"):
        ask(hers, "SELECT authentication_string FROM mysql.user")


@pytest.mark.parametrize("user", ["root", "anna", "", "mysql.sys"])
def test_mysql_lets_nobody_in_without_the_password(mysql: Json, user: str) -> None:
    with pytest.raises(pymysql.err.OperationalError, match="denied"):
        ask(as_user(mysql["url"], user, ""), "SELECT 1")


def test_the_answer_says_what_is_in_force_and_how_to_log_in(mysql: Json) -> None:
    config = mysql["config"]

    assert config["MYSQL_USER"] == "root"
    assert config["config"]["inside_port"] == 3306
    assert config["config"]["--character-set-server"] == "utf8mb4"
    assert {PASSWORD, HERS, "my_shop", "anna"} <= set(config["config"]["environment"].values())
    assert mysql["url"].startswith("mysql://root:")


def test_a_list_shows_options_but_no_password(customer: Client, mysql: Json) -> None:
    answer = customer.http.get("/resource_list")
    [row] = [row for row in answer.json()["data"] if row["id"] == mysql["id"]]

    assert {"my_shop", "anna", "utf8mb4", "77"} <= set(row["config"].values())
    assert not [key for key in row["config"] if key.endswith("PASSWORD")]
    assert "word" not in answer.text


def test_mysqls_passwords_are_in_no_argument_and_no_label(service: Service, mysql: Json) -> None:
    for text in seen_by_all(service, mysql):
        assert PASSWORD not in text
        assert HERS not in text


def test_the_documents_own_mysql_works(owner: Client) -> None:
    order = {"MYSQL_DATABASE": "haha", "--character-set-server": "utf8mb4"}

    made = owner.order("mysql", order)

    assert made["name"] == f"mysql-{made['id']}"
    environment = made["config"]["config"]["environment"]
    assert environment.keys() == {"MYSQL_ROOT_PASSWORD", "MYSQL_DATABASE"}
    variables = "SELECT DATABASE(), @@character_set_server"
    assert ask(made["url"], variables) == [("haha", "utf8mb4")]


def test_postgres_options_are_in_force(postgres: Json) -> None:
    [(connections,)] = ask(postgres["url"], "SHOW max_connections")
    [(memory,)] = ask(postgres["url"], "SHOW work_mem")

    assert (connections, memory) == ("77", "5MB")


def test_postgres_database_and_user_are_the_ordered_ones(postgres: Json) -> None:
    assert ask(postgres["url"], "SELECT current_database(), current_user") == [("my_shop", "anna")]
    environment = postgres["config"]["config"]["environment"]
    assert environment["POSTGRES_USER"] == "anna"
    assert environment["POSTGRES_PASSWORD"] == PASSWORD


@pytest.mark.parametrize("user", ["anna", "postgres"])
def test_postgres_lets_nobody_in_without_the_password(postgres: Json, user: str) -> None:
    with pytest.raises(psycopg.OperationalError):
        ask(as_user(postgres["url"], user, "wrong"), "SELECT 1")


def test_postgres_password_is_in_no_argument_and_no_label(service: Service, postgres: Json) -> None:
    for text in seen_by_all(service, postgres):
        assert PASSWORD not in text


def seen_by_all(service: Service, made: Json) -> list[str]:
    """Return what others on the server see of a container."""
    seen = service.engine.inspect(made["container_id"])
    return [
        seen["Path"],
        *seen["Args"],
        *(seen["Config"]["Cmd"] or []),
        *seen["Config"]["Labels"].values(),
        *service.engine.top(made["container_id"]),
    ]
