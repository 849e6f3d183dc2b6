"""Orders by the native API."""

from typing import Any

from tests.make.world import Person, World

Json = dict[str, Any]  # Any: JSON


async def order(person: Person, **more: object) -> Json:
    """Order a Redis, or more; return the operation."""
    answer = await person.http.post("/v1/instances", json={"blueprint": "redis", **more})
    assert answer.status_code == 202, answer.text
    operation: Json = answer.json()
    return operation


async def running(world: World, person: Person, **more: object) -> Json:
    """Order an instance, and return it when it runs."""
    operation = await order(person, **more)
    await world.settled()
    return await shown(person, operation["subject"])


async def shown(person: Person, instance: str) -> Json:
    """Return an instance that must be there."""
    answer = await person.http.get(f"/v1/instances/{instance}")
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found
