"""Hashes of passwords."""

import asyncio
import threading

import pytest
from argon2 import PasswordHasher, extract_parameters

from moorage.identity import passwords

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


async def test_at_most_four_hash_at_once_and_beside_the_event_loop() -> None:
    await asyncio.gather(*[passwords.matches("correct horse", None) for _ in range(8)])

    threads = [thread.name for thread in threading.enumerate()]

    assert 1 <= len([name for name in threads if name.startswith("argon2")]) <= 4
