"""What people do on the pages of tools for databases: log in, make a table, look into it."""

import httpx

from ..service import Json
from .browser import TEXT, browser, field, shown

STATEMENTS = ("CREATE TABLE kept (word VARCHAR(99))", f"INSERT INTO kept VALUES ('{TEXT}')")


def make_in_phpmyadmin(tool: Json, server: Json) -> None:
    """Log into a server with phpMyAdmin, and make a table."""
    with browser(tool) as site:
        token = _enter_phpmyadmin(site, server)
        for statement in STATEMENTS:
            _run_in_phpmyadmin(site, token, server, statement)


def read_in_phpmyadmin(tool: Json, server: Json) -> str:
    """Log in, and look into the table."""
    with browser(tool) as site:
        token = _enter_phpmyadmin(site, server)
        return shown(_run_in_phpmyadmin(site, token, server, "SELECT word FROM kept"))


def make_in_adminer(tool: Json, server: Json) -> None:
    """Log into a server with Adminer, and make a table."""
    with browser(tool) as site:
        page = _enter_adminer(site, server).copy_merge_params({"sql": ""})
        for statement in STATEMENTS:
            token = field(site.get(page), "token")
            site.post(page, data={"query": statement, "token": token})


def read_in_adminer(tool: Json, server: Json) -> str:
    """Log in, and look into the table."""
    with browser(tool) as site:
        page = _enter_adminer(site, server).copy_merge_params({"select": "kept"})
        return shown(site.get(page))


def _enter_phpmyadmin(site: httpx.Client, server: Json) -> str:
    """Return the token that goes with what follows."""
    page = site.get("/")
    given = {name: field(page, name) for name in ("token", "set_session", "server")}
    who = {"pma_username": server["user"], "pma_password": server["password"]}
    return field(site.post("/index.php?route=/", data={**given, **who}), "token")


def _run_in_phpmyadmin(
    site: httpx.Client, token: str, server: Json, statement: str
) -> httpx.Response:
    run = {"db": server["database"], "sql_query": statement, "token": token, "ajax_request": "1"}
    answer = site.post("/index.php?route=/sql", data=run)
    assert answer.json()["success"], answer.text
    return answer


def _enter_adminer(site: httpx.Client, server: Json) -> httpx.URL:
    """Return the address of the database's page."""
    who = {"driver": "server", "username": server["user"], "password": server["password"]}
    where = {"server": field(site.get("/"), "auth[server]"), "db": server["database"]}
    login = {f"auth[{key}]": value for key, value in {**who, **where}.items()}
    return site.post("/", data=login).url
