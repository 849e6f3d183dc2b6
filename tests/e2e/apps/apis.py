"""What programs do with apps that they speak HTTP to: calendars, metrics, queues."""

from ..service import Json
from ..until import until
from .browser import TEXT, api, browser, shown

EVENT = f"""BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//moorage//tests//
BEGIN:VEVENT
UID:boats
DTSTAMP:20260101T000000Z
DTSTART:20260102T100000Z
SUMMARY:{TEXT}
END:VEVENT
END:VCALENDAR
"""


def enter_event(login: Json) -> None:
    """Make a calendar in a Radicale, and put an event into it."""
    with api(login) as site:
        site.request("MKCALENDAR", f"/{login['user']}/boats/")
        site.put(f"/{login['user']}/boats/1.ics", content=EVENT.replace("\n", "\r\n"))


def read_event(login: Json) -> str:
    """Return what the event is about."""
    with api(login) as site:
        return shown(site.get(f"/{login['user']}/boats/1.ics"))


def wait_for_sample(login: Json) -> None:
    """Wait until a Prometheus has looked at itself."""
    until(lambda: _samples(login), within_s=60, pause_s=0.2)


def read_sample(login: Json) -> str:
    """Return its first sample, with the time."""
    return str(_samples(login)[0])


def queue_message(login: Json) -> None:
    """Have a RabbitMQ keep a message in a queue that lasts."""
    message = {
        "routing_key": "boats",
        "payload": TEXT,
        "payload_encoding": "string",
        "properties": {"delivery_mode": 2},  # persistent
    }
    with api(login) as site:
        site.put("/api/queues/%2F/boats", json={"durable": True})
        answer = site.post("/api/exchanges/%2F/amq.default/publish", json=message)
        assert answer.json() == {"routed": True}


def read_message(login: Json) -> str:
    """Look at the message, and leave it there."""
    look = {"count": 1, "ackmode": "ack_requeue_true", "encoding": "auto"}
    with api(login) as site:
        [message] = site.post("/api/queues/%2F/boats/get", json=look).json()
        return str(message["payload"])


def _samples(login: Json) -> list[list[object]]:
    with browser(login) as site:
        asked = {"query": 'up{job="prometheus"}[1h]'}
        series = site.get("/api/v1/query", params=asked).json()["data"]["result"]
        samples: list[list[object]] = series[0]["values"] if series else []
        return samples
