"""What counts as a failed login of an address, and what does not."""

import pytest

from moorage.kit.crypto import new_token
from tests.make.world import World

pytestmark = pytest.mark.anyio


async def test_a_token_or_ticket_that_is_over_is_no_failure_of_its_address(world: World) -> None:
    await world.person("anna", password="correct horse")
    pages = [
        await world.http(x_auth_token=new_token("ticket")),
        await world.http(cookie=f"MoorageTicket={new_token('ticket')}"),
        await world.http(authorization=f"Bearer {new_token('moor')}"),
    ]

    sent = [(await page.get("/api/info")).status_code for page in pages for _ in range(3)]
    login = {"username": "anna", "password": "correct horse"}
    answer = await (await world.http()).post("/api/ticket", json=login)

    assert (sent, answer.status_code) == ([401] * 9, 200)


async def test_what_no_token_or_ticket_looks_like_is_a_failure_of_its_address(
    subtests: pytest.Subtests, world: World
) -> None:
    for number, given in enumerate(
        ({"x_auth_token": "ticket_guess"}, {"authorization": "Bearer moor_guess"})
    ):
        with subtests.test(str(given)):
            guesser = await world.http(address=f"192.0.3.{number}", **given)

            statuses = [(await guesser.get("/v1/usage")).status_code for _ in range(4)]

            assert statuses == [401, 401, 401, 429]
