"""What is wrong with a request, noted one by one and said all at once."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from moorage.kit.errors import Invalid
from moorage.kit.i18n import Text, joined


def refused(reasons: Mapping[str, str], *, detail: str | None = None) -> Invalid:
    """Return what is wrong with each field as one error."""
    parts = [Text("{name}: {reason}", name=name, reason=why) for name, why in reasons.items()]
    sentence = Text("{parts}.", parts=joined("; ", parts))
    return Invalid(sentence, fields=reasons, detail=detail)


class Faults:
    """What several checks found wrong. separator: what stands between their sentences."""

    def __init__(self, *found: Invalid, separator: str = " ") -> None:
        self._found = [*found]
        self._separator = separator

    @property
    def fields(self) -> dict[str, str]:
        """Name of each bad field → reason."""
        return {name: reason for error in self._found for name, reason in error.fields.items()}

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note what the block raises as Invalid, and go on after it."""
        try:
            yield
        except Invalid as error:
            self._found.append(error)

    def check(self) -> None:
        """Raise Invalid with all that was noted, if anything was."""
        if self._found:
            raise self.error()

    def error(self) -> Invalid:
        """Return all that was noted as one error."""
        sentence = joined(self._separator, [error.message for error in self._found])
        return Invalid(sentence, fields=self.fields)
