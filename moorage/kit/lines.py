"""Lines out of what comes piece by piece. Pure."""


class Lines:
    """Whole lines out of pieces."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> list[bytes]:
        """Return the lines that this piece ends."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        return lines

    def rest(self, *, longer_than: int = 0) -> list[bytes]:
        """Return what has no end yet, as a line, if there is so much of it."""
        if len(self._rest) <= longer_than:
            return []
        rest, self._rest = self._rest, b""
        return [rest]
