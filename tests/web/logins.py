"""Logins with a name and a password."""

from tests.make.world import World


async def status_of_login(world: World, username: str, password: str) -> int:
    """Return what somebody with that name and password is answered."""
    client = await world.http(address="198.51.100.1")
    return (await client.get("/v1/users/me", auth=(username, password))).status_code
