"""Users from a file: `[{"username": "anna", "password": "…"}, …]`, also below `users`.

A row may have a `password_hash` (Argon2 or bcrypt) instead of the password, and a `role`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from sqlalchemy import select

from moorage.identity import passwords, rules
from moorage.identity.models import Role, User
from moorage.kit import jsonfile
from moorage.kit.db import Database, save
from moorage.kit.errors import Invalid


class NewUser(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of the file: with a password, or with a hash of one."""

    username: str
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=1024)] | None = None
    password_hash: str | None = None
    role: Role = "user"


@dataclass(frozen=True, slots=True)
class Imported:
    """The names of those that were added, and of those that were there."""

    added: list[str]
    skipped: list[str]


def read(content: bytes) -> list[Any]:  # Any: JSON
    """Return the rows of a file, unchecked. Raises Invalid."""
    try:
        found = jsonfile.decoded(content)
    except Invalid as error:
        raise Invalid(f"The file cannot be read. {error.message}") from error
    rows = found.get("users") if isinstance(found, dict) else found
    if not isinstance(rows, list):
        raise Invalid("The file is no list of users, and has none below 'users'.")
    return rows


def check(rows: Sequence[object], there: Collection[str]) -> list[NewUser]:
    """Return the users of rows whose names are not there yet; what the others say is not judged.

    Raises Invalid with every bad row, by its index from 0.
    """
    users: dict[str, NewUser] = {}
    faults: dict[str, str] = {}
    for index, row in enumerate(rows):
        if _name_of(row) in there:
            continue
        try:
            user = _checked(row)
            if user.username in users:
                raise Invalid(f"The user {user.username!r} is there twice.")
        except Invalid as error:
            faults[f"[{index}]"] = error.message
        else:
            users[user.username] = user
    if faults:
        told = " ".join(f"{row}: {reason}" for row, reason in faults.items())
        raise Invalid(f"Nothing was imported. {told}", fields=faults)
    return [*users.values()]


async def import_users(db: Database, rows: Sequence[object]) -> Imported:
    """Add those whose names nobody has, all or none.

    Raises Invalid as check, Conflict when a name is taken now.
    """
    async with db.read() as session:
        there = set(await session.scalars(select(User.username)))
    new = check(rows, there)
    # Before the first statement: nobody else waits while we hash.
    users = [
        User(username=user.username, role=user.role, password_hash=await _hash_of(user))
        for user in new
    ]
    taken = "Somebody else added users of these names just now; import the file again."
    async with db.begin() as session:
        await save(session, *users, if_taken=taken)
    return Imported(
        added=[user.username for user in new],
        skipped=[*dict.fromkeys(name for row in rows if (name := _name_of(row)) in there)],
    )


def _name_of(row: object) -> str:
    name = row.get("username") if isinstance(row, dict) else None
    return name if isinstance(name, str) else ""


def _checked(row: object) -> NewUser:
    try:
        user = msgspec.convert(row, NewUser)
    except msgspec.ValidationError as error:
        raise Invalid(f"{error}.") from error
    rules.check_username(user.username)
    if (user.password is None) == (user.password_hash is None):
        raise Invalid("It has either a 'password' or a 'password_hash'.")
    if user.password is None and not passwords.is_hash(user.password_hash or ""):
        raise Invalid(
            "The field 'password_hash' is no hash of Argon2 or bcrypt, or too costly a one."
        )
    return user


async def _hash_of(user: NewUser) -> str:
    return user.password_hash or await passwords.hashed(user.password or "")
