"""A door to the engine that a test can shut: `python -m tests.e2e.proxy SOCKET ENGINE_SOCKET`."""

import asyncio
import sys
from asyncio import StreamReader, StreamWriter
from pathlib import Path

CHUNK = 1 << 16


async def serve(socket: Path, engine: str) -> None:
    """Pass everything on, until somebody ends this process."""

    async def meet(reader: StreamReader, writer: StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_unix_connection(engine)
        await asyncio.gather(_pass_on(reader, there_writer), _pass_on(there_reader, writer))

    socket.unlink(missing_ok=True)
    server = await asyncio.start_unix_server(meet, socket)
    async with server:
        await server.serve_forever()


async def _pass_on(reader: StreamReader, writer: StreamWriter) -> None:
    try:
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
    except ConnectionError:
        return
    finally:
        writer.close()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), sys.argv[2]))
