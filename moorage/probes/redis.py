"""Log in to Redis and Valkey.

Two commands of the protocol are all it takes; the client library would cost the service 6 MiB.
"""

import asyncio

from moorage.probes.port import Target, attempt, not_ready, refused

REFUSALS = ("-NOAUTH", "-WRONGPASS", "-ERR AUTH", "-NOPERM")


class RedisProbe:
    """A client that says AUTH and PING (https://redis.io/docs/latest/develop/reference/protocol-spec/)."""

    async def login(self, target: Target) -> None:
        """Log in and ping, once."""
        # With one word, a server that has no password refuses it; with two it takes any.
        known = target.user in {"", "default"}
        words = [target.password] if known else [target.user, target.password]
        async with attempt(target):
            reader, writer = await asyncio.open_connection(target.address, target.port)
            try:
                writer.write(_command("AUTH", *words) + _command("PING"))
                for expected in ("+OK", "+PONG"):
                    answer = (await reader.readuntil(b"\n")).decode(errors="replace").strip()
                    if answer.startswith(REFUSALS):
                        raise refused(target, answer.removeprefix("-"))
                    if answer != expected:
                        raise not_ready(target, answer.removeprefix("-"))
            finally:
                writer.transport.abort()


def _command(*words: str) -> bytes:
    parts = [f"*{len(words)}\r\n".encode()]
    for word in words:
        raw = word.encode()
        parts.append(b"$%d\r\n%b\r\n" % (len(raw), raw))
    return b"".join(parts)
