"""Labels: what an owner writes on its instances. Pure."""

import re
from collections.abc import Mapping

from moorage.kit.errors import Invalid

MOST = 64  # of one instance
LONGEST_VALUE = 255

_KEY = re.compile(r"[a-z0-9][a-z0-9._/-]{0,62}")


def check(labels: Mapping[str, str]) -> None:
    """Raise Invalid unless an instance may have these labels."""
    if len(labels) > MOST:
        raise _invalid(f"{len(labels)} are given; an instance has {MOST} at most")
    for key, value in labels.items():
        if not _KEY.fullmatch(key):
            raise _invalid(
                f"{key!r:.80} is no name of a label; it has 1 to 63 lower-case letters, digits "
                "and . _ / -, a letter or a digit first"
            )
        if len(value) > LONGEST_VALUE or not value.isprintable():
            raise _invalid(f"{key} has up to {LONGEST_VALUE} printable characters")


def pair(text: str) -> tuple[str, str]:
    """Return name and value of `name=value`. Raises Invalid on the field `label`."""
    name, equals, value = text.partition("=")
    if not equals or not _KEY.fullmatch(name) or not value.isprintable():
        reason = "is a name and a value, such as label=team=payments"
        raise Invalid(f"label {reason}.", fields={"label": reason})
    return name, value


def _invalid(reason: str) -> Invalid:
    return Invalid(f"labels: {reason}.", fields={"labels": reason})
