"""The variables of a Compose file: where they are, and what they say. Pure.

Source: https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from moorage.kit.errors import Invalid

MAX_DEPTH = 20  # of variables in the defaults of variables

Place = tuple[str | int, ...]  # keys and indices from the top of a document
Values = Mapping[str, str]

_START = re.compile(
    r"\$(?:(?P<escaped>\$)|(?P<bare>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)(?P<sign>:?[-?+])?)",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Use:
    """A variable that a text names.

    sign: what follows the name in `${NAME:-word}`; empty: nothing. before: the text before it.
    """

    name: str
    sign: str
    word: str
    place: Place
    before: str

    @property
    def is_required(self) -> bool:
        """Whether the file cannot be used without it."""
        return self.sign.endswith("?")

    @property
    def default(self) -> str | None:
        """What it says when nobody says anything."""
        return self.word if self.sign.endswith("-") else None


def uses(document: object, place: Place = ()) -> Iterator[Use]:
    """List the variables of all values of a document; keys are never interpolated."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield from uses(value, (*place, key))
    elif isinstance(document, list):
        for index, value in enumerate(document):
            yield from uses(value, (*place, index))
    elif isinstance(document, str):
        yield from _uses_of_text(document, place)


def passed_on(document: Mapping[str, object]) -> Iterator[Use]:
    """List the variables that are wanted as they are.

    By services, `environment: [NAME]`; by configs and secrets, `environment: NAME`, which Compose
    refuses to do without.
    """
    for kind in ("configs", "secrets"):
        stores = document.get(kind)
        for key, store in stores.items() if isinstance(stores, dict) else ():
            name = store.get("environment") if isinstance(store, dict) else None
            if isinstance(name, str) and "$" not in name:
                yield Use(name, "?", "", (kind, key, "environment"), "")
    services = document.get("services")
    for service, content in services.items() if isinstance(services, dict) else ():
        environment = content.get("environment") if isinstance(content, dict) else None
        place = ("services", service, "environment")
        if isinstance(environment, dict):
            names = [str(name) for name, value in environment.items() if value is None]
        else:
            lines = environment if isinstance(environment, list) else ()
            names = [str(line) for line in lines if "=" not in str(line)]
        yield from (Use(name, "", "", (*place, name), "") for name in names)


def fill(document: object, values: Values) -> object:
    """Return the document with every variable replaced; one without a value is empty."""
    if isinstance(document, dict):
        return {key: fill(value, values) for key, value in document.items()}
    if isinstance(document, list):
        return [fill(value, values) for value in document]
    return fill_text(document, values) if isinstance(document, str) else document


def fill_text(text: str, values: Values) -> str:
    """Return the text with every variable replaced."""
    parts: list[str] = []
    for literal, use in _parts(text):
        parts.append(literal)
        if use is not None:
            parts.append(_value(use, values))
    return "".join(parts)


def env_file(text: str) -> dict[str, str]:
    """Read the simple form of an .env file: NAME=value, quotes, comments."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        pair = re.fullmatch(r"\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*", line, re.ASCII)
        if pair:
            name, value = pair.groups()
            quoted = re.match(r"""(["'])(.*?)\1""", value)
            found[name] = quoted[2] if quoted else re.split(r"\s#|^#", value)[0].strip()
    return found


def merged(all_uses: Iterable[Use]) -> dict[str, list[Use]]:
    """Return the uses of each variable, in the order of the file."""
    by_name: dict[str, list[Use]] = {}
    for use in all_uses:
        by_name.setdefault(use.name, []).append(use)
    return by_name


def _uses_of_text(text: str, place: Place) -> Iterator[Use]:
    before = ""
    for literal, use in _parts(text):
        before += literal
        if use is not None:
            yield Use(use.name, use.sign, use.word, place, before)
            if not use.is_required:  # there the word is only a message
                yield from _uses_of_text(use.word, place)
            before += "x"


def _value(use: Use, values: Values) -> str:
    value = values.get(use.name)
    is_there = bool(value) if use.sign.startswith(":") else value is not None
    if use.sign.endswith("+"):
        return fill_text(use.word, values) if is_there else ""
    if use.sign.endswith("-") and not is_there:
        return fill_text(use.word, values)
    return value or ""


def _parts(text: str) -> Iterator[tuple[str, Use | None]]:
    """Cut a text into literals, each with the variable that follows it."""
    position, literal = 0, ""
    while start := _START.search(text, position):
        literal += text[position : start.start()]
        if start["escaped"]:
            literal, position = literal + "$", start.end()
            continue
        end = start.end() if start["bare"] else _closing(text, start.end())
        if end is None:
            literal, position = literal + start[0], start.end()
            continue
        name, word = start["bare"] or start["braced"], text[start.end() : end - 1]
        yield literal, Use(name, start["sign"] or "", word if start["sign"] else "", (), "")
        literal, position = "", end
    yield literal + text[position:], None


def _closing(text: str, start: int) -> int | None:
    """Return the end of what was opened by `${`, which may hold more of its kind."""
    depth, position = 1, start
    while position < len(text):
        if text.startswith("${", position):
            depth, position = depth + 1, position + 2
            if depth > MAX_DEPTH:
                raise Invalid(f"It has variables in variables more than {MAX_DEPTH} deep.")
            continue
        depth -= text[position] == "}"
        position += 1
        if depth == 0:
            return position
    return None
