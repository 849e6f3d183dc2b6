"""The least that an ASGI app can do: send the bytes it was given. `python -m bench.bare PORT`."""

import sys

import uvicorn
from starlette.types import Receive, Scope, Send

from moorage import server


class Bare:
    """Sends one body to everybody."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        length = str(len(body)).encode()
        self._headers = [(b"content-type", b"application/json"), (b"content-length", length)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for _ in ("startup", "shutdown"):
                message = await receive()
                await send({"type": f"{message['type']}.complete"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": self._headers})
        await send({"type": "http.response.body", "body": self._body})


if __name__ == "__main__":
    config = server._config("")
    config.app = Bare(sys.stdin.buffer.read())
    uvicorn.Server(config).run([server.listen("127.0.0.1", int(sys.argv[1]))])
