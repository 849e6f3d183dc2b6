"""Passwords: hashed with Argon2id, a few at once, beside the event loop; others wait in order."""

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import bcrypt
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from moorage.kit.errors import Throttled
from moorage.kit.i18n import Text

AT_ONCE = 5
WAITING = 100  # at most; the last of them waits for some seconds

_RETRY_AFTER_S = 5
_BCRYPT_READS = 72  # bytes of a password; the others never counted

# Hashes from elsewhere. What they cost is ours to pay, so it has limits: 1 GiB, a second or two.
_BCRYPT = re.compile(r"\$2[aby]\$(0[4-9]|1[0-4])\$[./A-Za-z0-9]{53}")
_ARGON2 = re.compile(
    r"\$argon2(?:id|i|d)\$v=19\$m=(\d{1,7}),t=([1-9]\d{0,2}),p=[1-9]\d?"
    r"\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{16,86}"
)
_MOST_KIB = 1 << 20

# The library's default is the low-memory profile of RFC 9106 §4: 64 MiB for each hash.
_hasher = PasswordHasher()
_threads = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="argon2")
_asked = 0

# Fits no password, and costs as much to check as a real one.
_NOBODY = (
    f"$argon2id$v=19$m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    f"${'A' * 22}${'A' * 43}"
)

Answer = TypeVar("Answer")


async def hashed(password: str) -> str:
    """Return the hash to keep. Raises Throttled."""
    return await _beside(lambda: _hasher.hash(_encoded(password)))


async def matches(password: str, kept: str | None) -> bool:
    """Whether the password fits; without a hash to compare to it takes as long to say no.

    Raises Throttled.
    """
    return await _beside(lambda: _verify(kept or _NOBODY, _encoded(password)))


def is_outdated(kept: str) -> bool:
    """Whether the hash was made otherwise than today's."""
    return _is_bcrypt(kept) or _hasher.check_needs_rehash(kept)


def is_hash(text: str) -> bool:
    """Whether it is a hash of Argon2 or bcrypt that we can compare to at a bearable cost."""
    if not (found := _ARGON2.fullmatch(text)):
        return _BCRYPT.fullmatch(text) is not None
    memory_kib, rounds = map(int, found.groups())
    return memory_kib <= _MOST_KIB and memory_kib * rounds <= 2 * _MOST_KIB


async def _beside(do: Callable[[], Answer]) -> Answer:
    """Return what a thread answers, after those that asked before."""
    global _asked
    if _asked >= AT_ONCE + WAITING:
        raise Throttled(
            Text("Too many people log in right now; try again in a moment."),
            retry_after_s=_RETRY_AFTER_S,
        )
    _asked += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, do)
    finally:
        _asked -= 1


def _verify(kept: str, password: bytes) -> bool:
    try:
        if _is_bcrypt(kept):
            return bcrypt.checkpw(password[:_BCRYPT_READS], kept.encode())
        return _hasher.verify(kept, password)
    except (VerificationError, ValueError):  # it is no hash; such a one fits nothing
        return False


def _is_bcrypt(kept: str) -> bool:
    return kept.startswith("$2")


def _encoded(password: str) -> bytes:
    # JSON can carry half a surrogate pair, which plain UTF-8 refuses.
    return password.encode(errors="surrogatepass")
