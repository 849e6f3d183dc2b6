"""The database images: accounts, options and data, however the first start went."""

import pytest

from tests.images.conftest import Prepare
from tests.images.servers import MARIADB, MYSQL, POSTGRES, Kind, Servers
from tests.make.containers import exit_code

pytestmark = [pytest.mark.anyio, pytest.mark.engine]

EVERY_SIGN = """p'w"x\\`$HOME %;-- #/*"""
PASSWORD = "correct horse battery"

every = pytest.mark.parametrize("kind", [MYSQL, MARIADB, POSTGRES], ids=lambda kind: kind.name)
like_mysql = pytest.mark.parametrize("kind", [MYSQL, MARIADB], ids=lambda kind: kind.name)


@every
async def test_any_sign_may_be_in_passwords_and_names(
    servers: Servers, prepare: Prepare, kind: Kind
) -> None:
    names = {kind.database: 'da`ta"b', kind.user: "an'na", kind.user_password: EVERY_SIGN}
    server = await servers.start(
        kind,
        await prepare(kind.name),
        environment={kind.password: EVERY_SIGN, **{key: names[key] for key in names if key}},
    )

    user = "an'na" if kind.user else kind.root
    login = {"user": user, "password": EVERY_SIGN, "database": 'da`ta"b'}

    assert await server.answer("SELECT 1", **login) == [(1,)]
    assert server.ask("SELECT 1", user=kind.root, password=EVERY_SIGN) == [(1,)]


@every
async def test_a_second_start_changes_no_account(
    servers: Servers, prepare: Prepare, kind: Kind
) -> None:
    image = await prepare(kind.name)
    environment = {kind.password: PASSWORD}
    server = await servers.start(kind, image, environment=environment)
    await server.answer(
        f"ALTER USER {kind.root} PASSWORD 'changed'"
        if kind is POSTGRES
        else f"ALTER USER '{kind.root}'@'%' IDENTIFIED BY 'changed'",
        user=kind.root,
        password=PASSWORD,
    )
    await servers.kill(server)

    again = await servers.start(kind, image, environment=environment)

    assert await again.answer("SELECT 1", user=kind.root, password="changed") == [(1,)]


@every
async def test_a_start_that_was_killed_is_done_again(
    servers: Servers, prepare: Prepare, kind: Kind
) -> None:
    image = await prepare(kind.name)
    environment = {kind.password: PASSWORD}
    for _ in range(3):
        await servers.kill(await servers.start(kind, image, environment=environment))

    server = await servers.start(kind, image, environment=environment)

    assert await server.answer("SELECT 1", user=kind.root, password=PASSWORD) == [(1,)]


@every
async def test_a_half_made_data_directory_is_thrown_away(
    servers: Servers, prepare: Prepare, kind: Kind
) -> None:
    image = await prepare(kind.name)
    half = f"cd {kind.data} && touch .moorage-unfinished PG_VERSION half && mkdir mysql"
    assert await servers.run(kind, image, half) == 0

    server = await servers.start(kind, image, environment={kind.password: PASSWORD})

    assert await server.answer("SELECT 1", user=kind.root, password=PASSWORD) == [(1,)]
    assert await servers.run(kind, image, f"test -e {kind.data}/half") == 1


@every
async def test_a_full_initialisation_does_the_same(
    servers: Servers, prepare: Prepare, kind: Kind
) -> None:
    environment = {kind.password: PASSWORD, kind.database: "shop", "MOORAGE_NO_GOLDEN": "1"}

    server = await servers.start(kind, await prepare(kind.name), environment=environment)

    login = {"user": kind.root, "password": PASSWORD, "database": "shop"}
    assert await server.answer("SELECT 1", **login) == [(1,)]


@every
async def test_no_password_is_on_the_disk(servers: Servers, prepare: Prepare, kind: Kind) -> None:
    image = await prepare(kind.name)
    server = await servers.start(kind, image, environment={kind.password: "Zj4kQ9wXv2"})
    await server.answer("SELECT 1", user=kind.root, password="Zj4kQ9wXv2")

    assert await servers.run(kind, image, f"grep -r Zj4kQ9wXv2 {kind.data}") == 1


@every
async def test_a_first_start_without_a_password_says_what_to_set(
    servers: Servers, prepare: Prepare, kind: Kind
) -> None:
    server = await servers.start(kind, await prepare(kind.name), environment={})

    assert await exit_code(servers.engine, server.container, within_s=30) == 1
    log = await servers.engine.container_log(server.container)
    assert log == [f"The data directory is empty: set {kind.password}."]


@like_mysql
async def test_options_hold_for_the_database_that_is_made(
    servers: Servers, prepare: Prepare, kind: Kind
) -> None:
    server = await servers.start(
        kind,
        await prepare(kind.name),
        environment={kind.password: EVERY_SIGN, kind.database: "shop"},
        command=(
            "--character-set-server=latin1",
            "--collation-server=latin1_german2_ci",
            "--sql-mode=NO_BACKSLASH_ESCAPES,ANSI_QUOTES",
            "--default-time-zone=Europe/Berlin",
            "--max-connections=77",
        ),
    )

    facts = await server.answer(
        "SELECT @@character_set_database, @@collation_database, @@max_connections, @@sql_mode",
        user="root",
        password=EVERY_SIGN,
        database="shop",
    )

    assert facts[0][:3] == ("latin1", "latin1_german2_ci", 77)
    assert "NO_BACKSLASH_ESCAPES" in facts[0][3]


@like_mysql
async def test_options_fixed_for_good_hold_too(
    servers: Servers, prepare: Prepare, kind: Kind
) -> None:
    server = await servers.start(
        kind,
        await prepare(kind.name),
        environment={kind.password: PASSWORD},
        command=("--lower_case_table_names=1", "--innodb-page-size=32K"),
    )

    facts = await server.answer(
        "SELECT @@lower_case_table_names, @@innodb_page_size", user="root", password=PASSWORD
    )

    assert facts == [(1, 32768)]


@like_mysql
async def test_only_accounts_with_a_password_can_come_in(
    servers: Servers, prepare: Prepare, kind: Kind
) -> None:
    server = await servers.start(
        kind, await prepare(kind.name), environment={kind.password: PASSWORD}
    )

    accounts = await server.answer(
        "SELECT user, host FROM mysql.user WHERE user = 'root' OR authentication_string = ''",
        user="root",
        password=PASSWORD,
    )

    locked = {"mysql", "mariadb.sys"}  # by the socket only, or not at all
    assert {account for account in accounts if account[0] not in locked} == {
        ("root", "%"),
        ("root", "localhost"),
    }


async def test_postgres_makes_the_owner_it_is_told(servers: Servers, prepare: Prepare) -> None:
    server = await servers.start(
        POSTGRES,
        await prepare("postgres"),
        environment={"POSTGRES_PASSWORD": PASSWORD, "POSTGRES_USER": 'an"na'},
    )

    login = {"user": 'an"na', "password": PASSWORD, "database": 'an"na'}
    facts = await server.answer("SELECT rolsuper FROM pg_roles WHERE rolname = user", **login)

    assert facts == [(True,)]


async def test_postgres_listens_to_arguments_of_initdb(servers: Servers, prepare: Prepare) -> None:
    environment = {"POSTGRES_PASSWORD": PASSWORD, "POSTGRES_INITDB_ARGS": "--data-checksums"}

    server = await servers.start(POSTGRES, await prepare("postgres"), environment=environment)

    facts = await server.answer("SHOW data_checksums", user="postgres", password=PASSWORD)
    assert facts == [("on",)]
