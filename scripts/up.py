"""Start the service, order a Redis and a MySQL through its API, and log into both."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import pymysql
import redis
import service

from moorage import config

PORT = config.load().port
URL = f"http://127.0.0.1:{PORT}"
MOOR = Path(sys.executable).with_name("moor")
READY_S = 60
ORDERS: tuple[dict[str, Any], ...] = (  # Any: JSON
    {"name": "hello-redis", "resource_name": "redis"},
    {"name": "hello-mysql", "resource_name": "mysql", "config": {"MYSQL_DATABASE": "hello"}},
)
EPILOGUE = """
Moorage runs at {url}; what its API can do: {url}/docs
Credentials of the first admin: {admin_file}
Try:
  TOKEN=$(cut -d'"' -f8 {admin_file})
  curl -H "Authorization: Bearer $TOKEN" {url}/resource_list
  .venv/bin/moor login --url {url}  # asks for that token
  .venv/bin/moor db ls"""


def main() -> None:
    """Bring everything up; a second run finds it there."""
    start()
    headers = {"Authorization": f"Bearer {admin_token()}"}
    with httpx.Client(base_url=URL, headers=headers, timeout=180) as api:
        cache, database = have_ordered(api)
    print(f"Redis {address(cache)}: {use_redis(cache)}")
    print(f"MySQL {address(database)}: {use_mysql(database)}")
    print(EPILOGUE.format(url=URL, admin_file=service.ADMIN_FILE))


def start() -> None:
    """Start the service in the background unless it runs."""
    if service.running_pid() is not None:
        print("The service runs. What you changed of its settings counts after: make down, make up")
    elif not is_ready():
        launch()
    elif not service.ADMIN_FILE.exists():
        sys.exit(f"Port {PORT} is served by another installation; choose MOORAGE_PORT.")
    service.wait_until(lambda: is_ready() or service.running_pid() is None, timeout_s=READY_S)
    if not is_ready():
        said = service.LOG.read_text(errors="replace").splitlines()[-1:]
        sys.exit("\n".join([f"The service is not ready at {URL}. Its log: {service.LOG}", *said]))


def launch() -> None:
    """Start the service in the background."""
    service.DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    with service.LOG.open("ab") as log:
        process = subprocess.Popen(
            [MOOR, "serve"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    service.PID_FILE.write_text(f"{process.pid}\n")


def is_ready() -> bool:
    """Tell whether a service answers and says that it is ready."""
    try:
        return httpx.get(f"{URL}/readyz", timeout=5).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def admin_token() -> str:
    """Return the token of the first admin, who is created when there is none."""
    if not service.ADMIN_FILE.exists():
        created = subprocess.run([MOOR, "admin", "create", "admin"], stdout=subprocess.PIPE)
        if created.returncode:
            sys.exit(
                f"If that is because {service.ADMIN_FILE} is lost, create another admin:\n"
                f"  (umask 077; {MOOR} admin create admin2 > {service.ADMIN_FILE})"
            )
        service.ADMIN_FILE.touch(mode=0o600)
        service.ADMIN_FILE.write_bytes(created.stdout)
    return str(json.loads(service.ADMIN_FILE.read_bytes())["token"])


def have_ordered(api: httpx.Client) -> list[str]:
    """Return a URL of each order, in their order; what is not there yet is ordered."""
    ours = {order["resource_name"] for order in ORDERS}
    listed = answer(api.get("/resource_list"))["data"]
    details = [
        answer(api.get(f"/resource/{row['id']}")) for row in listed if row["resource"] in ours
    ]
    there = {detail["name"]: detail for detail in details}
    for order in ORDERS:
        if order["name"] not in there:
            print(f"Ordering {order['name']}", flush=True)
            there[order["name"]] = answer(
                api.post("/resource_list", params={"wait": 120}, json=order)
            )
    return [there[order["name"]]["url"] for order in ORDERS]


def answer(response: httpx.Response) -> dict[str, Any]:  # Any: JSON
    """Return the body of a good answer; end with the reason of any other."""
    if response.status_code == httpx.codes.UNAUTHORIZED:
        sys.exit(
            f"The service at {URL} does not know the token in {service.ADMIN_FILE}. "
            "If it is another installation's, choose MOORAGE_PORT."
        )
    if response.is_error or response.status_code == httpx.codes.ACCEPTED:
        sys.exit(f"{response.request.method} {response.url.path}: {response.text}")
    body: dict[str, Any] = response.json()
    return body


def address(url: str) -> str:
    """Return the part of a URL that is no secret."""
    return urlsplit(url).netloc.rpartition("@")[2]


def use_redis(url: str) -> str:
    """Write and read a key; say what was seen."""
    with redis.Redis.from_url(url, decode_responses=True) as client:
        client.set("greeting", "ahoy")
        return f"SET greeting ahoy, GET greeting gave {client.get('greeting')!r}"


def use_mysql(url: str) -> str:
    """Make a table and read it; say what was seen."""
    parts = urlsplit(url)
    connection = pymysql.connect(
        host=parts.hostname,
        port=parts.port or 3306,
        user=parts.username,
        password=unquote(parts.password or ""),
        database=parts.path.strip("/"),
        autocommit=True,
    )
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS greeting (word VARCHAR(20) PRIMARY KEY)")
        cursor.execute("REPLACE INTO greeting VALUES ('ahoy')")
        cursor.execute("SELECT word, VERSION() FROM greeting")
        return f"CREATE TABLE greeting, SELECT gave {cursor.fetchone()}"


if __name__ == "__main__":
    main()
