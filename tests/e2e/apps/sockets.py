"""What programs do with apps that speak protocols of their own: MQTT, NATS, memcached."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from queue import SimpleQueue

import bmemcached
import nats
from nats.js import JetStreamContext
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from ..service import Json
from .browser import TEXT

TIMEOUT_S = 20


def retain(login: Json) -> None:
    """Publish a message at a Mosquitto for all who will ask."""
    with _mqtt(login) as client:
        sent = client.publish("boats", TEXT, qos=1, retain=True)
        sent.wait_for_publish(TIMEOUT_S)
        assert sent.is_published()


def read_retained(login: Json) -> str:
    """Ask for the message."""
    messages: SimpleQueue[bytes | bytearray] = SimpleQueue()
    with _mqtt(login) as client:
        client.on_message = lambda _client, _data, message: messages.put(message.payload)
        client.subscribe("boats")
        return messages.get(timeout=TIMEOUT_S).decode()


def stream(login: Json) -> None:
    """Have a NATS keep a message in a stream."""

    async def publish() -> None:
        async with _jetstream(login) as jetstream:
            await jetstream.add_stream(name="boats", subjects=["boats"])
            await jetstream.publish("boats", TEXT.encode())

    asyncio.run(publish())


def read_stream(login: Json) -> str:
    """Return the first message of the stream."""

    async def read() -> bytes | None:
        async with _jetstream(login) as jetstream:
            return (await jetstream.get_msg("boats", seq=1)).data

    return (asyncio.run(read()) or b"").decode()


@contextmanager
def memcached(login: Json) -> Iterator[bmemcached.Client]:
    """Log into a Memcached."""
    place = f"{login['address']}:{login['port']}"
    client = bmemcached.Client((place,), login["user"], login["password"], socket_timeout=TIMEOUT_S)
    try:
        yield client
    finally:
        client.disconnect_all()


@contextmanager
def _mqtt(login: Json) -> Iterator[Client]:
    client = Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set(login["user"], login["password"])
    client.connect(login["address"], login["port"])
    client.loop_start()
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


@asynccontextmanager
async def _jetstream(login: Json) -> AsyncIterator[JetStreamContext]:
    client = await nats.connect(
        f"nats://{login['address']}:{login['port']}",
        user=login["user"],
        password=login["password"],
        connect_timeout=TIMEOUT_S,
        allow_reconnect=False,
    )
    try:
        yield client.jetstream()
    finally:
        await client.close()
