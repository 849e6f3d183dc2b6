"""Secrets: made from the system's randomness, sealed at rest."""

import hashlib
import hmac
import os
import re
import secrets
import string
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from moorage.kit.errors import Invalid, Unavailable
from moorage.kit.i18n import Text

_TOKEN = re.compile(r"[a-z]+_[A-Za-z0-9_-]{43}")
_LETTERS = string.ascii_letters + string.digits


def new_password(length: int = 32) -> str:
    """Return letters and digits; 32 of them are 190 bits."""
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def new_token(prefix: str) -> str:
    """Return a token of 256 random bits that shows where it is from."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def is_token(text: str) -> bool:
    """Whether it has the form that new_token gives: somebody had it from us, nobody guesses."""
    return _TOKEN.fullmatch(text) is not None


def digest(text: str) -> str:
    """Return the SHA-256 of a random token, in hex; enough for 128 bits and more of entropy."""
    return hashlib.sha256(text.encode()).hexdigest()


class Sealer:
    """Seals texts with the first key of the list and opens them with any of them."""

    def __init__(self, keys: list[bytes]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self._oldest = keys[-1]  # it stays when a newer one comes

    def seal(self, text: str) -> str:
        """Return the sealed text (Fernet: AES-128-CBC, HMAC-SHA-256)."""
        return self._fernet.encrypt(text.encode()).decode()

    def mac(self, text: str) -> str:
        """Return by what a text is known again, and cannot be guessed (HMAC-SHA-256, in hex)."""
        return hmac.digest(self._oldest, text.encode(), "sha256").hex()

    def open(self, sealed: str) -> str:
        """Return the text. Raises Unavailable when no key fits."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise Unavailable(
                Text(
                    "A stored secret cannot be opened: the secret key file is not the one it was "
                    "sealed with. Restore MOORAGE_SECRET_KEY_FILE."
                )
            ) from error


def load_sealer(key_file: Path) -> Sealer:
    """Return a sealer with the keys of a file, one a line, newest first; make it when missing.

    Raises Invalid when the file holds no key.
    """
    if not key_file.exists():
        _make_key(key_file)
    try:
        return Sealer(key_file.read_bytes().split())
    except ValueError as error:
        raise Invalid(
            f"{key_file} holds no key, or a broken one; restore it from a backup.",
            fields={"MOORAGE_SECRET_KEY_FILE": "holds no key, or a broken one"},
        ) from error


def _make_key(key_file: Path) -> None:
    key_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with NamedTemporaryFile(dir=key_file.parent) as file:  # only its owner may read it
        file.write(Fernet.generate_key() + b"\n")
        file.flush()
        os.fsync(file.fileno())
        # A link appears whole or not at all; if another process was first, its key counts.
        with suppress(FileExistsError):
            os.link(file.name, key_file)
