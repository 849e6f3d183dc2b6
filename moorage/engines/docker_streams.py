"""What a Docker Engine tells as it happens: events, and the logs of containers."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import get_args

from moorage.engines.docker_body import label_filter, quoted
from moorage.engines.docker_container_answers import Event
from moorage.engines.docker_lines import LogLines
from moorage.engines.http import EngineClient
from moorage.engines.port import EngineEvent, EventAction
from moorage.kit.errors import Unavailable
from moorage.kit.lines import Lines


class DockerStreams:
    """The calls of a Docker Engine whose answers may never end, and their short forms."""

    _client: EngineClient

    @asynccontextmanager
    async def watch(self, labels: Mapping[str, str]) -> AsyncIterator[AsyncIterator[EngineEvent]]:
        """Listen to what happens to containers that carry all labels."""
        # Events of networks and volumes carry no labels to filter by.
        query = label_filter(labels, type=["container"], event=list(get_args(EventAction)))
        async with (
            self._client.listen("/events", query=query) as pieces,
            aclosing(self._events(pieces)) as events,
        ):
            yield events

    @asynccontextmanager
    async def follow_log(
        self, id_or_name: str, *, tail: int = 20
    ) -> AsyncIterator[AsyncIterator[str]]:
        """Listen to the last lines and all that come until it stops."""
        query = {**_log_query(tail), "follow": "1"}
        async with (
            self._client.listen(_log_path(id_or_name), query=query) as pieces,
            aclosing(_log_lines(pieces)) as lines,
        ):
            yield lines

    async def container_log(self, id_or_name: str, *, tail: int = 20) -> list[str]:
        """Return the last lines of standard output and error, mixed as they came."""
        lines = LogLines()
        log = await self._client.send("GET", _log_path(id_or_name), query=_log_query(tail))
        return lines.feed(log) + lines.rest()

    async def _events(self, pieces: AsyncIterator[bytes]) -> AsyncGenerator[EngineEvent, None]:
        lines = Lines()
        async for piece in pieces:
            for line in lines.feed(piece):
                yield self._client.decoded(line, Event).event()
        raise Unavailable(
            f"The Docker Engine at {self._client.address} tells no more events: listen again."
        )


async def _log_lines(pieces: AsyncIterator[bytes]) -> AsyncGenerator[str, None]:
    lines = LogLines()
    async for piece in pieces:
        for line in lines.feed(piece):
            yield line
    for line in lines.rest():
        yield line


def _log_path(id_or_name: str) -> str:
    return f"/containers/{quoted(id_or_name)}/logs"


def _log_query(tail: int) -> dict[str, str]:
    return {"stdout": "1", "stderr": "1", "tail": str(tail)}
