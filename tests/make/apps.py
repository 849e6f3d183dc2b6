"""Requests to the apps door."""

from typing import Any

import httpx

from tests.make.world import Person, World

Json = dict[str, Any]  # Any: JSON


async def asked(person: Person, path: str, *, language: str = "en", **fields: object) -> Json:
    """Ask something by POST and JSON, and return the answer."""
    headers = {"accept-language": language}
    return answered(await person.http.post(path, json=fields, headers=headers))


def answered(answer: httpx.Response) -> Json:
    """Return an answer that must have the shape of this door."""
    assert answer.status_code == 200, answer.text
    told: Json = answer.json()
    assert told.keys() == {"code", "message", "data"}
    return told


async def installed(world: World, person: Person, app: str = "dokuwiki") -> Json:
    """Install an app, wait until it runs or has failed, and return what the door told first."""
    told = await asked(person, "/installApp", appName=app)
    assert told["code"] == "1", told
    await world.settled()
    data: Json = told["data"]
    return data
