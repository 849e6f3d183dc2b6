"""What is wrong with a request, noted one by one and said all at once."""

from collections.abc import Iterator
from contextlib import contextmanager

from moorage.kit.errors import Invalid
from moorage.kit.i18n import joined


class Faults:
    """What several checks found wrong."""

    def __init__(self, *found: Invalid) -> None:
        self._found = [*found]

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
        return Invalid(joined(" ", [error.message for error in self._found]), fields=self.fields)
