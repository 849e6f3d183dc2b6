"""`moor user`."""

import json

import pytest

from moorage.identity import service as identity
from tests.cli.conftest import Shell
from tests.make.world import World

pytestmark = pytest.mark.anyio

PASSWORD = "battery staple"


async def test_a_user_is_added_and_listed(admin: Shell) -> None:
    made = await admin.moor("user", "create", "bob", "--admin", "--quota-instances", "3", "--json")

    bob = json.loads(made.text)
    assert (bob["username"], bob["role"], bob["quota_instances"]) == ("bob", "admin", 3)
    listed = (await admin.moor("user", "ls")).text
    assert [line.split() for line in listed.splitlines()] == [
        ["ID", "USERNAME", "ROLE", "DISABLED"],
        [bob["id"], "bob", "admin", "no"],
        [admin.person.user.id, "admin", "admin", "no"],
    ]


async def test_a_password_is_read_from_stdin_and_never_shown(world: World, admin: Shell) -> None:
    told = await admin.moor("user", "create", "bob", "--password", stdin=f"{PASSWORD}\n")

    known = await identity.caller_of_password(world.db, username="bob", password=PASSWORD)
    assert known.user_id in told.text
    assert PASSWORD not in told.text


async def test_no_password_on_stdin_is_one_sentence(admin: Shell) -> None:
    told = await admin.moor("user", "create", "bob", "--password")

    assert told.error == "Password: nothing came in; type it, or send it as one line of stdin."


async def test_a_disabled_user_is_locked_out_until_it_is_enabled(admin: Shell, anna: Shell) -> None:
    locked = await admin.moor("user", "disable", "anna")
    refused = await anna.moor("user", "show")
    listed = await admin.moor("user", "ls", "--disabled", "--json")
    let_in = await admin.moor("user", "enable", "anna")

    assert (locked.text, let_in.text) == ("anna is locked out\n", "anna may log in again\n")
    assert refused.error == "Invalid or expired credentials."
    assert [user["username"] for user in json.loads(listed.text)] == ["anna"]


async def test_whoever_changes_its_own_password_types_the_current_one_first(
    world: World, anna: Shell
) -> None:
    wrong = await anna.moor("user", "passwd", stdin=f"wrong horse\n{PASSWORD}\n")
    right = await anna.moor("user", "passwd", "anna", stdin=f"correct horse\n{PASSWORD}\n")

    assert wrong.error == "The current_password is not your password."
    assert right.text == "anna has a new password\n"
    await identity.caller_of_password(world.db, username="anna", password=PASSWORD)


async def test_an_admin_sets_the_password_of_somebody_else(
    world: World, admin: Shell, anna: Shell
) -> None:
    await admin.moor("user", "passwd", "anna", stdin=f"{PASSWORD}\n")

    await identity.caller_of_password(world.db, username="anna", password=PASSWORD)


async def test_a_user_sees_itself_and_nobody_else(anna: Shell) -> None:
    own = await anna.moor("user", "show")
    other = await anna.moor("user", "show", "no/body")

    assert "username: anna\nrole: user\ndisabled: no\nhas_password: yes" in own.text
    assert other.error
    assert (await anna.moor("user", "ls")).error == "Only an administrator may do this."


async def test_a_refused_user_is_told_with_every_reason_once(admin: Shell) -> None:
    told = await admin.moor("user", "create", "b b", "--password", stdin="short\n")

    assert told.error
    assert told.error.count("has 8 to 128 characters") == 1
    assert told.error.count("has 1 to 64 of the letters") == 1
