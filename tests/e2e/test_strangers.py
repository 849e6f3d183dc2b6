"""Compose files from anywhere, on a real engine: taken in, installed, and told what is wrong."""

import re
from collections.abc import Iterator

import httpx
import pytest

from .conftest import NewService
from .service import Client, Json, Service
from .until import until

pytestmark = pytest.mark.engine

IMAGE = "moorage/debian:trixie"
GUESTBOOK = f"""
services:
  web:
    image: {IMAGE}
    command: [sh, -c, "cat /words/greeting /run/secrets/key > /site/page; exec perl /server.pl"]
    volumes: ["./words:/words:ro", "site:/site", "./server.pl:/server.pl:ro"]
    environment: {{WORD: "${{SERVICE_PASSWORD_DOOR}}", PLACE: "${{MOORAGE_URL:-}}"}}
    ports: ["80:8000"]
    secrets: [key]
    stop_grace_period: 1s
volumes: {{site: }}
secrets: {{key: {{environment: KEY_SECRET}}}}
"""
SERVER = """
use IO::Socket::INET;
my $door = IO::Socket::INET->new(LocalPort => 8000, Listen => 9, ReuseAddr => 1);
while (my $guest = $door->accept) {
    while (my $line = <$guest>) { last if $line =~ /^\\r?$/ }
    open(my $file, "<", "/site/page");
    print $guest "HTTP/1.0 200 OK\\r\\n\\r\\n", <$file>, length($ENV{WORD}), " at $ENV{PLACE}";
    close $guest;
}
"""
KEEPS = f"services: {{web: {{image: '{IMAGE}', command: [sleep, '600'], volumes: [/other]}}}}"
ENDS = f"services: {{web: {{image: '{IMAGE}', command: [sh, -c, 'echo my last words; exit 3']}}}}"
NEVER = f"""
services:
  web:
    image: {IMAGE}
    command: [sleep, "600"]
    depends_on: {{init: {{condition: service_completed_successfully}}}}
  init: {{image: '{IMAGE}', command: [sh, -c, 'echo no schema; exit 5']}}
"""
SICK = f"""
services:
  web:
    image: {IMAGE}
    command: [sh, -c, "echo too ill to work; exec sleep 600"]
    healthcheck: {{test: ["CMD", "false"], interval: 1s, retries: 1}}
    ports: ["80"]
x-moorage: {{ready: {{timeout_s: 6}}}}
"""


@pytest.fixture(scope="module")
def house(make_service: NewService) -> Iterator[Service]:
    """A service to which administrators add apps."""
    service = make_service()
    service.start()
    yield service
    service.close()


def asked(client: Client, path: str, **fields: object) -> Json:
    """Ask the door of apps, and return what it tells."""
    answer = client.http.post(path, json=fields)
    assert answer.status_code == 200, answer.text
    told: Json = answer.json()
    return told


def ended(client: Client, app: str) -> Json:
    """Wait until an app runs or has failed."""

    def shown() -> Json | None:
        data: Json = asked(client, "/getAppInfo", appName=app)["data"]
        return data if data["status"] != "0" else None

    return until(shown, within_s=120, pause_s=0.2)


def test_a_file_from_anywhere_becomes_an_app_with_its_own_files_and_secrets(
    house: Service,
) -> None:
    folder = house.data_dir.parent / "guestbook"
    (folder / "words").mkdir(parents=True)
    (folder / "words/greeting").write_text("Welcome aboard.")
    (folder / "server.pl").write_text(SERVER)
    (folder / "compose.yaml").write_text(GUESTBOOK)
    house.moor("catalog", "add", str(folder))

    assert asked(house.admin, "/installApp", appName="guestbook")["code"] == "1"
    made = ended(house.admin, "guestbook")

    assert made["status"] == "1", made
    url = f"http://127.0.0.1:{made['port']}"
    page = httpx.get(url).text
    assert re.fullmatch(rf"Welcome aboard\.\S{{32}}32 at {url}", page), page
    assert asked(house.admin, "/uninstallApp", appName="guestbook")["code"] == "1"
    assert [*house.engine.containers(), *house.engine.volumes()] == []


def test_a_volume_without_a_name_outlives_its_container_and_its_app(house: Service) -> None:
    file = house.data_dir.parent / "keeps.yaml"
    file.write_text(KEEPS)
    house.moor("catalog", "add", str(file))
    asked(house.admin, "/installApp", appName="keeps")
    assert ended(house.admin, "keeps")["status"] == "1"
    [first] = house.engine.running()
    assert house.engine.run(first["Id"], "touch", "/other/word") == 0
    house.engine.remove(first["Id"])

    [again] = until(house.engine.running, within_s=60)
    kept = house.engine.run(again["Id"], "test", "-e", "/other/word")
    told = asked(house.admin, "/uninstallApp", appName="keeps", purge=False)

    assert (again["Id"] != first["Id"], kept) == (True, 0)
    [volume] = house.engine.volumes()
    assert told["data"]["volumes"] == [volume["Name"]]
    assert house.engine.containers() == []
    house.engine.remove_volume(volume["Name"])


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("ends", ENDS, "my last words"),
        ("never", NEVER, "no schema"),
        ("sick", SICK, "too ill to work"),
    ],
)
def test_one_that_does_not_come_to_run_says_why_and_leaves_nothing(
    house: Service, name: str, text: str, words: str
) -> None:
    file = house.data_dir.parent / f"{name}.yaml"
    file.write_text(text)
    house.moor("catalog", "add", str(file))

    asked(house.admin, "/installApp", appName=name)
    failed = ended(house.admin, name)

    assert failed["status"] == "2"
    assert words in failed["info"]
    assert [*house.engine.containers(), *house.engine.networks()] == []


def test_a_dangerous_one_is_refused_and_cannot_be_installed(house: Service) -> None:
    file = house.data_dir.parent / "greedy.yaml"
    file.write_text(f"services: {{web: {{image: '{IMAGE}', privileged: true}}}}")

    refused = house.moor("catalog", "add", str(file), code=1)

    assert "services.web.privileged" in refused.stdout + refused.stderr
    told = asked(house.admin, "/installApp", appName="greedy")
    assert (told["code"], "no app greedy" in told["message"]) == ("0", True)
