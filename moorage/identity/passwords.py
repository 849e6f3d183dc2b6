"""Passwords: hashed with Argon2id, at most four at once, beside the event loop."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

# The library's default is the low-memory profile of RFC 9106 §4: 64 MiB for each hash.
_hasher = PasswordHasher()
_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="argon2")

# Fits no password, and costs as much to check as a real one.
_NOBODY = (
    f"$argon2id$v=19$m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    f"${'A' * 22}${'A' * 43}"
)


async def hashed(password: str) -> str:
    """Return the hash to keep."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads, _hasher.hash, _encoded(password))


async def matches(password: str, kept: str | None) -> bool:
    """Whether the password fits; without a hash to compare to it takes as long to say no."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads, _verify, kept or _NOBODY, _encoded(password))


def is_outdated(kept: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(kept)


def _verify(kept: str, password: bytes) -> bool:
    try:
        return _hasher.verify(kept, password)
    except VerifyMismatchError:
        return False


def _encoded(password: str) -> bytes:
    # JSON can carry half a surrogate pair, which plain UTF-8 refuses.
    return password.encode(errors="surrogatepass")
