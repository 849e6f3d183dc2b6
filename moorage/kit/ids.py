"""Identifiers: prefixed, random, sortable by time."""

import secrets
import time

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford base 32, as ULID uses it


def new_id(prefix: str) -> str:
    """Return an id such as `ins_01JD…`: 48 bits of milliseconds, then 80 random bits.

    Source: https://github.com/ulid/spec
    """
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    digits = [_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5)]
    return f"{prefix}_{''.join(digits)}"
