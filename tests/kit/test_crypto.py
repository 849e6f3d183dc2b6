"""Secrets: made at random, sealed at rest."""

import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from cryptography.fernet import Fernet

from moorage.kit.crypto import Sealer, digest, load_sealer, new_password, new_token
from moorage.kit.errors import Invalid, Unavailable


def test_a_password_has_letters_and_digits_and_at_least_128_bits() -> None:
    assert re.fullmatch(r"[A-Za-z0-9]{32}", new_password())
    assert len({new_password() for _ in range(1000)}) == 1000


def test_a_token_shows_where_it_is_from() -> None:
    assert re.fullmatch(r"moor_[A-Za-z0-9_-]{43}", new_token("moor"))


def test_a_digest_is_the_sha256() -> None:
    # FIPS 180-2, B.1
    assert digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_what_was_sealed_can_be_opened_and_not_read() -> None:
    sealer = Sealer([Fernet.generate_key()])

    sealed = sealer.seal("Straße")

    assert "Stra" not in sealed
    assert sealer.open(sealed) == "Straße"


def test_old_secrets_open_after_a_new_key_was_put_on_top() -> None:
    old, new = Fernet.generate_key(), Fernet.generate_key()
    before = Sealer([old]).seal("hunter2")

    rotated = Sealer([new, old])

    assert rotated.open(before) == "hunter2"
    assert Sealer([new]).open(rotated.seal("hunter3")) == "hunter3"


def test_a_secret_of_another_key_is_not_opened() -> None:
    sealed = Sealer([Fernet.generate_key()]).seal("hunter2")

    with pytest.raises(Unavailable, match="MOORAGE_SECRET_KEY_FILE"):
        Sealer([Fernet.generate_key()]).open(sealed)


def test_the_key_file_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    key_file = tmp_path / "data" / "secret.key"

    sealed = load_sealer(key_file).seal("hunter2")

    assert load_sealer(key_file).open(sealed) == "hunter2"
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(key_file.parent.stat().st_mode) == 0o700
    assert list(key_file.parent.iterdir()) == [key_file]


def test_those_that_start_at_once_share_one_key(tmp_path: Path) -> None:
    starters = 8
    for turn in range(20):
        key_file = tmp_path / str(turn) / "secret.key"
        barrier = Barrier(starters)

        def start(_: int, key_file: Path = key_file, barrier: Barrier = barrier) -> str:
            barrier.wait(timeout=10)
            return load_sealer(key_file).seal("hunter2")

        with ThreadPoolExecutor(starters) as pool:
            sealed = list(pool.map(start, range(starters)))

        sealer = load_sealer(key_file)
        assert {sealer.open(text) for text in sealed} == {"hunter2"}


@pytest.mark.parametrize("content", ["", "\n", "not a key\n"])
def test_a_file_without_a_key_is_refused_and_named(tmp_path: Path, content: str) -> None:
    key_file = tmp_path / "secret.key"
    key_file.write_text(content)

    with pytest.raises(Invalid, match=r"secret\.key holds no key"):
        load_sealer(key_file)
