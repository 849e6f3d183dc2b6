"""Lines out of what an engine sends piece by piece. Pure."""

from collections import defaultdict

from moorage.kit.lines import Lines

LONGEST = 16_384  # bytes; where the engine itself cuts what a container writes


class LogLines:
    """Lines out of the frames of a log; those longer than LONGEST come in parts.

    A frame: 1 byte stream, 3 bytes nothing, 4 bytes length, then that many bytes
    (https://docs.docker.com/reference/api/engine/version/v1.41/#operation/ContainerAttach).
    """

    def __init__(self) -> None:
        self._frames = b""
        self._streams: defaultdict[int, Lines] = defaultdict(Lines)

    def feed(self, piece: bytes) -> list[str]:
        """Return the lines that this piece ends."""
        data, start, done = self._frames + piece, 0, list[bytes]()
        while (end := _frame_end(data, start)) <= len(data):
            lines = self._streams[data[start]]
            done += lines.feed(data[start + 8 : end])
            done += lines.rest(longer_than=LONGEST - 1)
            start = end
        self._frames = data[start:]
        return [_text(line) for line in done]

    def rest(self) -> list[str]:
        """Return what has no end yet, as lines."""
        return [_text(line) for lines in self._streams.values() for line in lines.rest()]


def _frame_end(data: bytes, start: int) -> int:
    return start + 8 + int.from_bytes(data[start + 4 : start + 8], "big")


def _text(line: bytes) -> str:
    return line.decode(errors="replace").removesuffix("\r")
