"""Hashes of passwords."""

import asyncio
import threading

import bcrypt
import pytest
from argon2 import PasswordHasher, extract_parameters

from moorage.identity import passwords
from moorage.kit.errors import Throttled

pytestmark = pytest.mark.anyio


async def test_a_hash_fits_its_password_and_no_other() -> None:
    kept = await passwords.hashed("correct horse")

    assert await passwords.matches("correct horse", kept)
    assert not await passwords.matches("correct hors", kept)


async def test_the_hash_is_argon2id_in_the_low_memory_profile() -> None:
    kept = await passwords.hashed("correct horse")

    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert not passwords.is_outdated(kept)


async def test_a_cheaper_hash_still_fits_and_is_outdated() -> None:
    kept = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("correct horse")

    assert await passwords.matches("correct horse", kept)
    assert passwords.is_outdated(kept)


@pytest.mark.parametrize("password", ["", "correct horse", "\ud800", "x" * 100_000])
async def test_nothing_fits_when_there_is_no_hash(password: str) -> None:
    assert not await passwords.matches(password, None)


async def test_saying_no_without_a_hash_costs_what_a_real_hash_costs() -> None:
    kept = await passwords.hashed("correct horse")

    assert extract_parameters(passwords._NOBODY) == extract_parameters(kept)


async def test_at_most_five_hash_at_once_and_beside_the_event_loop() -> None:
    await asyncio.gather(*[passwords.matches("correct horse", None) for _ in range(8)])

    threads = [thread.name for thread in threading.enumerate()]

    assert 1 <= len([name for name in threads if name.startswith("argon2")]) <= 5


async def test_who_finds_a_hundred_waiting_is_asked_to_come_back() -> None:
    waiting = [asyncio.create_task(passwords.matches("", None)) for _ in range(105)]
    await asyncio.sleep(0)

    with pytest.raises(Throttled) as caught:
        await passwords.matches("", None)

    assert caught.value.retry_after_s > 0
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert not await passwords.matches("", None)


async def test_a_hash_of_bcrypt_fits_its_password_however_long() -> None:
    kept = bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4)).decode()

    assert await passwords.matches("x" * 100, kept)
    assert not await passwords.matches("x" * 71, kept)
    assert passwords.is_outdated(kept)
