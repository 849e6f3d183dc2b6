"""What a block `x-moorage` leaves out, guessed from the rest of its Compose file. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from moorage.catalog import running
from moorage.catalog.asking import Asked
from moorage.catalog.findings import Finding, warning

Json = Mapping[str, Any]  # Any: JSON of the parser
Block = dict[str, object]

MEMORY_MIB = 256  # for a service that does not say what it needs
DISK_MIB = 1000  # for an image nobody has seen yet

# What listens there speaks no HTTP.
_NO_HTTP = {21, 22, 25, 53, 110, 143, 389, 465, 587, 636, 993, 995, 1433, 1521, 1883, 3306, 3389}
_NO_HTTP |= {4222, 5060, 5432, 5671, 5672, 5900, 6379, 8883, 9042, 9092, 11211, 25565, 27017}
_USUAL_HTTP = (80, 8080, 3000, 8000, 5000, 8081, 9000)
_DATABASES = {
    r"postgres|postgis|timescale|pgvector": 5432,
    r"mysql|mariadb|percona": 3306,
    r"mongo": 27017,
    r"redis|valkey|keydb|dragonfly": 6379,
}


def block(name: str, model: Json, asked: Asked) -> tuple[Block, list[Finding]]:
    """Return the block, and what was guessed. model: the services first that matter most."""
    started = running.services(model)
    services = {key: one for key, one in model["services"].items() if key in started}
    reachable = {key: one for key, one in services.items() if running.outlet(model, key)}
    main, scheme = _main(reachable)
    database = _database(reachable)
    about: Block = {
        "kind": "app",
        "title": name.replace("-", " ").capitalize(),
        "description": f"{name}, from a Compose file.",
        "versions": [_version(services[str(main["service"])] if main else {})],
        "needs": {"memory_mib": _memory(services), "disk_mib": DISK_MIB * len(services)},
        "questions": dict(asked.questions),
        "secrets": list(asked.secrets),
        "show": [name for name in asked.secrets if re.search("PASS|PWD|USER|TOKEN", name.upper())],
        "values": dict(asked.values),
        "backup": {"volumes": sorted(model.get("volumes") or ())},
        "ready": {"tcp": True} if scheme == "tcp" else {},
    }
    if database:
        about["database"] = database
    if not main:
        detail = "No service offers a port, so the app gets none; say which in x-moorage.main."
        return about, [warning("x-moorage.main", "guessed", detail)]
    about["main"] = {**main, "scheme": scheme}
    detail = f"The app's port is taken to be {main['port']} of {main['service']} ({scheme})."
    return about, [warning("x-moorage.main", "guessed", detail)]


def variables(given: Json) -> set[str]:
    """Return the variables of which a block says what they are for."""
    questions = _mapping(given.get("questions"))
    return {
        *_words(given.get("secrets")),
        *_mapping(given.get("values")),
        *_mapping(questions.get("properties")),
    }


def completed(given: Json, guessed: Json) -> Block:
    """Return a block with what it leaves out. What is wrong in it stays as it is."""
    whole = {**guessed, **given}
    if isinstance(given.get("secrets"), list):
        whole["secrets"] = [*given["secrets"], *guessed["secrets"]]
    if isinstance(given.get("values"), dict):
        whole["values"] = {**guessed["values"], **given["values"]}
    if isinstance(given.get("questions"), dict):
        said, asked = given["questions"], guessed["questions"]
        both = {**asked["properties"], **_mapping(said.get("properties"))}
        required = [*asked["required"], *_words(said.get("required"))]
        whole["questions"] = {**asked, **said, "properties": both, "required": required}
    return whole


def _mapping(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _words(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _main(services: Json) -> tuple[Block, str]:
    """Return the port that people want to reach: published before exposed, HTTP before others."""
    for ports_of in (_published, _exposed):
        offers = [(name, port) for name, one in services.items() for port in ports_of(one)]
        web = [offer for offer in offers if offer[1] not in _NO_HTTP]
        usual = [offer for offer in web if offer[1] in _USUAL_HTTP]
        if web:
            # In their order: who writes a file begins with what it is about.
            name, port = next((one for one in usual if one[0] == web[0][0]), web[0])
            return {"service": name, "port": port}, "http"
        if offers:
            return {"service": offers[0][0], "port": offers[0][1]}, "tcp"
    return {}, ""


def _published(service: Json) -> list[int]:
    ports = service.get("ports") or ()
    return [int(one["target"]) for one in ports if one.get("protocol", "tcp") == "tcp"]


def _exposed(service: Json) -> list[int]:
    numbers = (str(one).removesuffix("/tcp") for one in service.get("expose") or ())
    return [int(number) for number in numbers if number.isdecimal()]


def _database(services: Json) -> Block:
    for pattern, port in _DATABASES.items():
        for name, service in services.items():
            if re.search(pattern, str(service.get("image", "")).rpartition("/")[2]):
                return {"service": name, "port": port}
    return {}


def _version(service: Json) -> str:
    """Return the tag of an image."""
    _, _, tag = str(service.get("image", "")).partition("@")[0].rpartition("/")[2].partition(":")
    return tag or "latest"


def _memory(services: Json) -> int:
    return sum(_limit(service) or MEMORY_MIB for service in services.values())


def _limit(service: Json) -> int:
    limits = ((service.get("deploy") or {}).get("resources") or {}).get("limits") or {}
    size = limits.get("memory") or service.get("mem_limit") or 0
    return int(size) >> 20
