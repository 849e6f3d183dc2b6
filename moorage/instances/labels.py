"""Labels: what an owner writes on its instances. Pure."""

import re
from collections.abc import Mapping

from moorage.kit.errors import Invalid
from moorage.kit.faults import refused
from moorage.kit.i18n import Text

MOST = 64  # of one instance
LONGEST_VALUE = 255

_KEY = re.compile(r"[a-z0-9][a-z0-9._/-]{0,62}")


def check(labels: Mapping[str, str]) -> None:
    """Raise Invalid unless an instance may have these labels."""
    if len(labels) > MOST:
        raise _invalid(
            Text(
                "{number} are given; an instance has {most} at most", number=len(labels), most=MOST
            )
        )
    for key, value in labels.items():
        if not _KEY.fullmatch(key):
            raise _invalid(
                Text(
                    "{key!r:.80} is no name of a label; it has 1 to 63 lower-case letters, digits "
                    "and . _ / -, a letter or a digit first",
                    key=key,
                )
            )
        if len(value) > LONGEST_VALUE or not value.isprintable():
            raise _invalid(
                Text("{key} has up to {most} printable characters", key=key, most=LONGEST_VALUE)
            )


def pair(text: str) -> tuple[str, str]:
    """Return name and value of `name=value`. Raises Invalid on the field `label`."""
    name, equals, value = text.partition("=")
    if not equals or not _KEY.fullmatch(name) or not value.isprintable():
        reason = Text("is a name and a value, such as label=team=payments")
        sentence = Text("{name} {reason}.", name="label", reason=reason)
        raise Invalid(sentence, fields={"label": reason})
    return name, value


def _invalid(reason: str) -> Invalid:
    return refused({"labels": reason})
