"""What people do on the pages of apps: log in, write something, read it again."""

from ..service import Json
from .browser import TEXT, api, browser, field, shown


def write_wiki_page(login: Json) -> None:
    """Log into a DokuWiki and write a page."""
    with browser(login) as site:
        token = field(site.get("/doku.php?do=login"), "sectok")
        who = {"u": login["user"], "p": login["password"]}
        site.post("/doku.php", data={**who, "do": "login", "sectok": token})
        token = field(site.get("/doku.php?id=boats&do=edit"), "sectok")
        page = {"id": "boats", "wikitext": TEXT, "sectok": token, "do[save]": "1"}
        site.post("/doku.php", data=page)


def read_wiki_page(login: Json) -> str:
    """Read that page as anybody can."""
    with browser(login) as site:
        return shown(site.get("/doku.php?id=boats"))


def write_post(login: Json) -> None:
    """Log into a WordPress and publish a post."""
    with browser(login) as site:
        site.get("/wp-login.php")
        who = {"log": login["user"], "pwd": login["password"], "testcookie": "1"}
        site.post("/wp-login.php", data=who)
        nonce = site.get("/wp-admin/admin-ajax.php?action=rest-nonce").text
        post = {"title": "Boats", "content": TEXT, "status": "publish"}
        site.post("/?rest_route=/wp/v2/posts", json=post, headers={"X-WP-Nonce": nonce})


def read_post(login: Json) -> str:
    """Read that post by its address, as anybody can."""
    with browser(login) as site:
        return shown(site.get("/boats/"))


def make_project(login: Json) -> None:
    """Log into a Redmine and make a project."""
    with browser(login) as site:
        token = field(site.get("/login"), "authenticity_token")
        who = {"username": login["user"], "password": login["password"]}
        site.post("/login", data={**who, "authenticity_token": token})
        token = field(site.get("/projects/new"), "authenticity_token")
        about = {"name": TEXT, "identifier": "boats", "is_public": "1"}
        project = {f"project[{key}]": value for key, value in about.items()}
        site.post("/projects", data={**project, "authenticity_token": token})


def read_project(login: Json) -> str:
    """Find that project in the list, as anybody can."""
    with browser(login) as site:
        return shown(site.get("/projects"))


def write_article(login: Json) -> None:
    """Log into a MediaWiki and write an article."""
    with browser(login) as site:

        def token(kind: str) -> str:
            asked = {"action": "query", "meta": "tokens", "type": kind, "format": "json"}
            answer = site.get("/api.php", params=asked).json()
            return str(answer["query"]["tokens"][f"{kind}token"])

        who = {"username": login["user"], "password": login["password"]}
        more = {"logintoken": token("login"), "loginreturnurl": login["url"], "format": "json"}
        answer = site.post("/api.php", data={"action": "clientlogin", **who, **more}).json()
        assert answer["clientlogin"]["status"] == "PASS", answer
        page = {"title": "Boats", "text": TEXT, "token": token("csrf"), "format": "json"}
        answer = site.post("/api.php", data={"action": "edit", **page}).json()
        assert answer["edit"]["result"] == "Success", answer


def read_article(login: Json) -> str:
    """Read that article by its address, as anybody can."""
    with browser(login) as site:
        return shown(site.get("/wiki/Boats"))


def visit(login: Json) -> None:
    """Visit a website that a Matomo watches."""
    with browser(login) as site:
        seen = {"idsite": "1", "rec": "1", "url": "http://localhost/boats", "action_name": TEXT}
        site.get("/matomo.php", params=seen)


def read_visit(login: Json) -> str:
    """Log into the Matomo and have it tell who was there."""
    with browser(login) as site:
        nonce = field(site.get("/index.php?module=Login"), "form_nonce")
        who = {"form_login": login["user"], "form_password": login["password"]}
        home = site.post("/index.php?module=Login", data={**who, "form_nonce": nonce})
        token = home.text.partition('piwik.token_auth = "')[2].partition('"')[0]
        asked = {"module": "API", "method": "Live.getLastVisitsDetails", "format": "json"}
        when = {"idSite": "1", "period": "day", "date": "today"}
        session = {"token_auth": token, "force_api_session": "1"}
        [seen] = site.post("/index.php", data={**asked, **when, **session}).json()
        return str(seen["actionDetails"][0]["pageTitle"])


def make_board(login: Json) -> None:
    """Have a Kanboard make a project."""
    assert _kanboard(login, "createProject", name=TEXT)


def read_board(login: Json) -> str:
    """Return the names of its projects."""
    [project] = _kanboard(login, "getAllProjects")
    return str(project["name"])


def _kanboard(login: Json, method: str, **params: str) -> list[Json]:
    call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    with api(login) as site:
        result: list[Json] = site.post("/jsonrpc.php", json=call).json()["result"]
        return result
