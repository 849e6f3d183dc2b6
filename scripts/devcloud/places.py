"""Where the devcloud lies, on which ports it answers, and its passwords."""

import json
import os
import secrets
from pathlib import Path

HERE = Path(__file__).parent
LOCK = HERE / "requirements.lock"

HOST = "127.0.0.1"
BASE_PORT = int(os.environ.get("DEVCLOUD_BASE_PORT") or 29000)
WITH_PORT = (
    "keystone", "glance", "placement", "nova-api", "neutron", "rabbit", "epmd", "erlang",
)  # fmt: skip
PORTS = {name: BASE_PORT + number for number, name in enumerate(WITH_PORT)}
KEYSTONE = f"http://{HOST}:{PORTS['keystone']}/v3"

ROOT = (
    Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "moorage" / "devcloud"
).resolve()
VENV = ROOT / "venv"
CLOUD = ROOT / str(BASE_PORT)  # its endpoints are rows in Keystone, so they cannot move
ETC = CLOUD / "etc"
LOGS = CLOUD / "logs"
DATA = CLOUD / "data"
SOCKET = CLOUD / "mariadb.sock"


def program(name: str) -> str:
    """Return the path of a program of OpenStack's."""
    return str(VENV / "bin" / name)


def password(whose: str) -> str:
    """Return a generated password; the first to ask for it makes it.

    whose: admin, service, user, rabbit.
    """
    file = CLOUD / "passwords.json"
    try:
        known: dict[str, str] = json.loads(file.read_bytes())
    except FileNotFoundError:
        known = {name: secrets.token_hex(16) for name in ("admin", "service", "user", "rabbit")}
        write(file, json.dumps(known))
    return known[whose]


def write(file: Path, text: str) -> None:
    """Write a file; it is there whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f"{file.name}.new")
    new.write_text(text)
    new.replace(file)
