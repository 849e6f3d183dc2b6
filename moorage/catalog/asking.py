"""What the variables of a stranger's Compose file are for: secrets, questions, nobody's. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from moorage.catalog.variables import Use, Values, merged
from moorage.kit.errors import Invalid

# Its file gets values such as these while it is judged; an order brings the real ones.
STAND_IN = "moorage"
MAX_TURNS = 5

_SECRET = re.compile(
    r"(^|_)(PASS|PASSWD|PASSWORD|PASSPHRASE|PWD|SECRET|KEY|KEY_BASE|TOKEN|SALT)S?(_?\d+)?$"
    r"|^SERVICE_(PASSWORD|BASE64|REALBASE64|HEX|USER)_|_(PASS|PASSWORD|SECRET|SALT)_",
    re.IGNORECASE,
)
# Keys of other people's services: no random text opens them.
_FOREIGN = re.compile(
    r"SMTP|MAIL|OAUTH|CLIENT_SECRET|API_?KEY|API_?TOKEN|ACCESS_?KEY|LICEN[CS]E|PUBLIC_?KEY|^AWS_|BOT_"
    r"|_(FILE|PATH|DIR|URL)$",
    re.IGNORECASE,
)
_NO_SECRET = re.compile(r"|true|false|yes|no|on|off|[0-9]+", re.IGNORECASE)
_NUMBERS = {"PUID": "1000", "PGID": "1000", "UID": "1000", "GID": "1000"}
_SIZES = ("mem_limit", "mem_reservation", "memswap_limit", "shm_size", "memory", "size")
_COUNTS = ("cpus", "cpu_shares", "replicas", "scale", "retries", "pids_limit", "mode")
_TIMES = ("interval", "timeout", "start_period", "start_interval", "stop_grace_period")
_OF_SERVER = ("ports", "published", "host_ip", "source", "restart", "container_name")
_SWITCHES = ("privileged", "read_only", "tty", "stdin_open", "init", "external", "internal")


@dataclass(frozen=True, slots=True)
class Asked:
    """What becomes of the variables. questions: JSON Schema.

    values: those that say where something is on a server, which is for Moorage to decide.
    """

    secrets: tuple[str, ...]
    questions: Mapping[str, object]
    values: Values


def asked(uses: Iterable[Use], values: Values) -> Asked:
    """Sort the variables of a file. values: of its own .env."""
    secrets: list[str] = []
    properties: dict[str, object] = {}
    required: list[str] = []
    settled: dict[str, str] = {}
    for name, places in merged(uses).items():
        default = _default(name, places, values)
        if _is_secret(name, default):
            secrets.append(name)
        elif any(_is_of_server(place) for place in places):
            settled[name] = stand_in(places[0]) if default is None else default
        else:
            properties[name] = _question(name, default)
            if default is None and any(_is_needed(place) for place in places):
                required.append(name)
    questions = {"type": "object", "additionalProperties": False, "properties": properties}
    return Asked(tuple(secrets), {**questions, "required": required}, settled)


def stand_ins(uses: Iterable[Use], values: Values) -> list[dict[str, str]]:
    """Return values with which the file can be parsed; one set after the other shows all of it.

    A variable that falls back to something here and to nothing there must say something; so each
    of its defaults gets its turn, and what is no default. Raises Invalid when they are too many.
    """
    candidates = {
        name: _candidates(places)
        for name, places in merged(uses).items()
        if name not in values and any(place.default is None for place in places)
    }
    turns = max(map(len, candidates.values()), default=1)
    if turns > MAX_TURNS:
        raise Invalid(f"One of its variables has more than {MAX_TURNS - 1} defaults; use one.")
    return [
        {name: some[min(turn, len(some) - 1)] for name, some in candidates.items()}
        for turn in range(turns)
    ]


def _candidates(places: list[Use]) -> list[str]:
    defaults = [place.default for place in places if place.default and "$" not in place.default]
    other = next(stand_in(place) for place in places if place.default is None)
    return list(dict.fromkeys([*defaults, other]))


def stand_in(use: Use) -> str:
    """Return a value that may stand where the variable stands."""
    keys = [part for part in use.place if isinstance(part, str)]
    key, name = keys[-1] if keys else "", use.name
    if name.upper() in _NUMBERS:
        return _NUMBERS[name.upper()]
    is_target = key == "target" or (key == "volumes" and re.fullmatch("[^:]+:", use.before))
    if is_target and "volumes" in keys:
        return f"/{STAND_IN}"
    if key in ("ports", "published", "target", "expose"):
        is_address = re.search(r"IP|HOST|ADDR|BIND|LISTEN", name) and not name.endswith("PORT")
        return "127.0.0.1" if is_address else "8080"
    if (key == "volumes" and not use.before) or key in ("source", "device", "file"):
        return f"./{name.lower()}"
    for kinds, value in ((_SIZES, "512m"), (_COUNTS, "1"), (_TIMES, "30s"), (_SWITCHES, "true")):
        if key in kinds:
            return value
    if key == "restart":
        return "always"
    if key == "image" and "@" in use.before:
        return "0" * 64 if use.before.endswith(":") else f"sha256:{'0' * 64}"
    if key == "image":
        return "1" if use.before.endswith((":", "-")) else STAND_IN
    return STAND_IN


def _default(name: str, places: list[Use], values: Values) -> str | None:
    if name in values:
        return values[name]
    return next((place.default for place in places if place.default is not None), None)


def _is_secret(name: str, default: str | None) -> bool:
    """Tell whether to generate it: an empty default means that it may well be absent."""
    is_named_so = bool(_SECRET.search(name)) and not _FOREIGN.search(name)
    return is_named_so and not _NO_SECRET.fullmatch(default if default is not None else "?")


def _is_of_server(use: Use) -> bool:
    """Tell whether it says where something is on the server: a port, an address, a folder."""
    keys = [part for part in use.place if isinstance(part, str)]
    if keys[:1] != ["services"] or len(keys) < 3:
        return False
    is_source = keys[-1] == "volumes" and not use.before
    return is_source or keys[-1] in _OF_SERVER


def _is_needed(use: Use) -> bool:
    return use.is_required or use.place[-1] == "image"


def _question(name: str, default: str | None) -> dict[str, object]:
    words = name.replace("_", " ").strip().lower()
    question: dict[str, object] = {"type": "string", "title": words[:1].upper() + words[1:]}
    if _SECRET.search(name):
        question["writeOnly"] = True
    if default is not None and "$" not in default:
        question["default"] = default
    return question
