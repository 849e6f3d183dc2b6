"""Users from a file."""

import json

import bcrypt
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from moorage.identity import imports, passwords
from moorage.identity import service as identity
from moorage.identity.models import User
from moorage.kit.db import Database
from moorage.kit.errors import Invalid
from tests.make.identity import make_user

pytestmark = pytest.mark.anyio

PASSWORD = "correct horse"
ARGON2 = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
BCRYPT = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()


async def import_file(db: Database, *rows: object) -> imports.Imported:
    return await imports.import_users(db, imports.read(json.dumps(rows).encode()))


async def usernames(db: Database) -> set[str]:
    async with db.read() as session:
        return set(await session.scalars(select(User.username)))


async def test_who_is_imported_logs_in_with_the_same_password(db: Database) -> None:
    imported = await import_file(
        db,
        {"username": "anna", "password": PASSWORD},
        {"username": "bob", "password_hash": ARGON2},
        {"username": "carl", "password_hash": BCRYPT, "role": "admin"},
    )

    assert imported == imports.Imported(added=["anna", "bob", "carl"], skipped=[])
    for username, role in {"anna": "user", "bob": "user", "carl": "admin"}.items():
        caller = await identity.caller_of_password(db, username=username, password=PASSWORD)
        assert caller.role == role


@pytest.mark.parametrize("prefix", ["$2a$", "$2b$", "$2y$"])
async def test_the_first_login_replaces_a_hash_of_bcrypt(db: Database, prefix: str) -> None:
    await import_file(db, {"username": "anna", "password_hash": prefix + BCRYPT[4:]})

    await identity.caller_of_password(db, username="anna", password=PASSWORD)

    async with db.read() as session:
        kept = await session.scalar(select(User.password_hash))
    assert kept
    assert kept.startswith("$argon2id$")
    await identity.caller_of_password(db, username="anna", password=PASSWORD)


async def test_the_list_may_stand_below_users(db: Database) -> None:
    content = json.dumps({"users": [{"username": "anna", "password": PASSWORD}]}).encode()

    imported = await imports.import_users(db, imports.read(content))

    assert imported.added == ["anna"]


async def test_names_that_are_there_are_skipped_and_stay_as_they_are(db: Database) -> None:
    await make_user(db, username="anna", password=PASSWORD)

    imported = await import_file(
        db,
        {"username": "anna", "password": "battery staple", "role": "admin"},
        {"username": "bob", "password": PASSWORD},
    )

    assert imported == imports.Imported(added=["bob"], skipped=["anna"])
    caller = await identity.caller_of_password(db, username="anna", password=PASSWORD)
    assert caller.role == "user"


async def test_what_else_a_row_says_of_a_name_that_is_there_is_not_judged(db: Database) -> None:
    await make_user(db, username="anna", password=PASSWORD)

    imported = await import_file(
        db,
        {"username": "anna", "password": "", "shoe_size": 38},
        {"username": "anna"},
        {"username": "bob", "password": PASSWORD},
    )

    assert imported == imports.Imported(added=["bob"], skipped=["anna"])


@pytest.mark.parametrize("password", ["x", "secret", "é" * 1024])
async def test_a_password_from_elsewhere_has_any_length(db: Database, password: str) -> None:
    await import_file(db, {"username": "anna", "password": password})

    caller = await identity.caller_of_password(db, username="anna", password=password)

    assert caller.username == "anna"


async def test_a_password_of_more_than_1024_characters_is_refused(db: Database) -> None:
    with pytest.raises(Invalid, match=r"\[0\]: .*1024 - at `\$.password`"):
        await import_file(db, {"username": "anna", "password": "x" * 1025})


async def test_a_file_may_be_imported_again(db: Database) -> None:
    row = {"username": "anna", "password": PASSWORD}
    await import_file(db, row)

    assert await import_file(db, row) == imports.Imported(added=[], skipped=["anna"])


async def test_every_bad_row_is_named_and_no_good_one_is_imported(db: Database) -> None:
    rows = [
        {"username": "anna", "password": PASSWORD},
        {"username": "bob"},
        {"username": "b b", "password": PASSWORD},
        "carl",
        {"username": "dora", "password": ""},
        {"username": "emil", "password": PASSWORD, "role": "god"},
        {"username": "frida", "password": PASSWORD, "disabled": True},
        {"username": "gus", "password": PASSWORD, "password_hash": ARGON2},
        {"username": "anna", "password": PASSWORD},
        {"password": PASSWORD},
        {"username": 7, "password": PASSWORD},
    ]

    with pytest.raises(Invalid, match=r"^Nothing was imported. \[1\]: ") as caught:
        await import_file(db, *rows)

    assert [*caught.value.fields] == [f"[{index}]" for index in range(1, 11)]
    assert caught.value.fields["[8]"] == "The user 'anna' is there twice."
    assert PASSWORD not in caught.value.message
    assert await usernames(db) == set()


@pytest.mark.parametrize(
    "kept",
    [
        "",
        PASSWORD,
        "$2b$31$" + BCRYPT[7:],  # days
        "$1$abcdefgh$abcdefghijklmnopqrstuv",
        ARGON2.replace("m=8,", "m=9999999,"),
        ARGON2.replace("m=8,t=1,", "m=65536,t=999,"),
        ARGON2.partition(",p=")[0],
    ],
    ids=["empty", "a password", "days of bcrypt", "MD5", "much memory", "much time", "a part"],
)
def test_what_is_no_hash_or_costs_too_much_is_refused(kept: str) -> None:
    content = json.dumps([{"username": "anna", "password_hash": kept}]).encode()

    with pytest.raises(Invalid, match=r"\[0\]: The field 'password_hash' is no hash"):
        imports.check(imports.read(content), ())


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"null", b"{}", b'{"users": {}}', b"7", b"[" * 100_000],
    ids=["nothing", "no text", "null", "no users", "no list", "a number", "deep"],
)
def test_a_file_of_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid, match=r"The file (is|cannot be read\.) "):
        imports.read(content)


@pytest.mark.parametrize(
    ("content", "reason"),
    [('["é"]'.encode("latin-1"), "It is not UTF-8; save"), (b"[\n7,]", "Line 2 is not JSON: ")],
)
def test_why_a_file_cannot_be_read_is_told(content: bytes, reason: str) -> None:
    with pytest.raises(Invalid, match=f"The file cannot be read\\. {reason}"):
        imports.read(content)


def test_a_byte_order_mark_does_not_matter() -> None:
    assert imports.read(b"\xef\xbb\xbf[]") == []


async def test_a_hash_that_cannot_be_read_fits_no_password() -> None:
    broken = [f"$2b$04${'z' * 53}", f"$argon2id$v=19$m=8,t=1,p=1${'A' * 13}$!"]

    assert not any([await passwords.matches(PASSWORD, kept) for kept in broken])
