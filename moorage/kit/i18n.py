"""Sentences in the caller's language: English in the code, the others in `locale/`."""

import gettext
import re
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from functools import cache, lru_cache
from pathlib import Path
from typing import Self

DOMAIN = "moorage"
LOCALE = Path(__file__).parent.parent / "locale"
ENGLISH = "en"
TRANSLATED = ("ru", "zh")

language: ContextVar[str] = ContextVar("language", default=ENGLISH)

_RANGE = re.compile(  # RFC 9110 §12.5.4; of `zh-Hans-CN` the first part is enough for us
    r"\s*(?P<language>[A-Za-z]{1,8})(-[A-Za-z0-9]{1,8})*\s*(;\s*q=(?P<weight>[01](\.\d{0,3})?)\s*)?"
)


class Text(str):
    """A sentence for people: `Text("Port {port} is taken.", port=80)`.

    It is the English one, and keeps what it takes to say it in other languages: the template, by
    which the catalogue has it, and the values, which may be such texts themselves.
    """

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, /, **values: object) -> Self:
        text = super().__new__(cls, template.format_map(values))
        text.template, text.values = template, values
        return text


def joined(separator: str, texts: Iterable[str]) -> Text:
    """Return texts as one, each of which is translated by itself."""
    values = {f"text{number}": text for number, text in enumerate(texts)}
    return Text(separator.join(f"{{{name}}}" for name in values), **values)


def translated(text: str) -> str:
    """Return a text in the language of this request; plain strings stay as they are."""
    if not isinstance(text, Text) or not text:
        return str(text)
    values = {
        name: translated(value) if isinstance(value, Text) else value
        for name, value in text.values.items()
    }
    return _catalogue(language.get()).gettext(text.template).format_map(values)


@lru_cache(maxsize=256)
def preferred(accepted: str) -> str:
    """Return which of our languages an Accept-Language header likes best; English if none."""
    weights: dict[str, float] = {}
    for part in accepted.split(","):
        found = _RANGE.fullmatch(part)
        if found and (name := found["language"].lower()) in (ENGLISH, *TRANSLATED):
            weights[name] = max(weights.get(name, 0), float(found["weight"] or 1))
    best = max(weights, key=lambda name: weights[name], default=ENGLISH)  # of equals the first
    return best if weights.get(best) else ENGLISH


@cache
def _catalogue(name: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, LOCALE, [name], fallback=True)
