"""The service on a real socket, and who reads events from it: ASGI in memory does not stream."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn

from tests.make.world import Person, World

WITHIN_S = 10


@dataclass(frozen=True, slots=True)
class Event:
    """An event as a client gets it. data: JSON."""

    kind: str
    data: Any = field(hash=False)  # Any: JSON
    id: int | None = None


@asynccontextmanager
async def listening(world: World) -> AsyncIterator[str]:
    """Serve a world that is open already; give its URL."""
    config = uvicorn.Config(
        world.app, lifespan="off", log_config=None, timeout_graceful_shutdown=WITHIN_S
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as accepting:
        serving = asyncio.create_task(server.serve(sockets=[accepting]))
        yield f"http://127.0.0.1:{accepting.getsockname()[1]}"
        server.should_exit = True
        await serving


@asynccontextmanager
async def watching(
    url: str, person: Person, path: str, **headers: str
) -> AsyncIterator[AsyncIterator[Event]]:
    """Open a stream; give its events. Underscores in headers are hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named["authorization"] = f"Bearer {person.token}"
    async with (
        httpx.AsyncClient(base_url=url, headers=named, timeout=WITHIN_S) as client,
        client.stream("GET", path) as answer,
    ):
        assert answer.status_code in (200, 204), await answer.aread()
        yield events(answer)


async def events(answer: httpx.Response) -> AsyncIterator[Event]:
    """Yield the events of a stream; what is none, such as a comment, is left out."""
    fields: dict[str, str] = {}
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if line:
            fields[name] = value
            continue
        if "data" in fields:
            number = int(fields["id"]) if "id" in fields else None
            yield Event(fields["event"], json.loads(fields["data"]), number)
        fields = {}


async def until(stream: AsyncIterator[Event], kind: str, **data: object) -> list[Event]:
    """Return the next events, up to one of that kind whose data say that."""
    seen = []
    async for event in stream:
        seen.append(event)
        if event.kind == kind and data.items() <= event.data.items():
            break
    return seen
