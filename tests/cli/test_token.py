"""`moor token` and `moor audit`."""

import json
from dataclasses import replace

import pytest

from tests.cli.conftest import Shell

pytestmark = pytest.mark.anyio


async def test_a_new_token_is_all_that_is_printed_and_works_until_it_is_revoked(
    anna: Shell,
) -> None:
    text = (await anna.moor("token", "create", "laptop", "--read-only")).text.strip()
    laptop = replace(anna, person=replace(anna.person, token=text))

    listed = json.loads((await laptop.moor("token", "ls", "--json")).text)
    refused = await laptop.moor("token", "create", "phone")
    revoked = await anna.moor("token", "revoke", listed[0]["id"])
    gone = await laptop.moor("token", "ls")

    assert [token["scopes"] for token in listed] == [["read"], ["read", "write"]]
    assert refused.error == "This token may only read; use one with the scope 'write'."
    assert revoked.text == f"{listed[0]['id']} is revoked\n"
    assert gone.error == "Invalid or expired credentials."


async def test_tokens_are_listed_in_columns(anna: Shell) -> None:
    made = json.loads((await anna.moor("token", "create", "ci", "--json")).text)

    heading, first, second = (await anna.moor("token", "ls")).text.splitlines()

    assert heading.endswith("  NAME    SCOPES      EXPIRES AT  LAST USED AT")
    assert first == f"{made['id']}  ci      read write  -           -"
    assert second.split()[1] == "laptop"


async def test_an_admin_makes_a_token_for_somebody_else(admin: Shell, anna: Shell) -> None:
    made = await admin.moor("token", "create", "first", "--user", "anna", "--json")

    assert json.loads(made.text)["user_id"] == anna.person.user.id
    assert "first" in (await anna.moor("token", "ls")).text


async def test_a_time_that_is_none_is_told_with_an_example(anna: Shell) -> None:
    told = await anna.moor("token", "create", "ci", "--expires-at", "soon")

    assert told.error
    assert "expires_at is a time with its zone" in told.error


async def test_the_audit_log_is_shown_newest_first_as_far_as_asked_for(
    admin: Shell, anna: Shell
) -> None:
    for name in ("one", "two", "three"):
        await anna.moor("token", "create", name)

    shown = await admin.moor("audit", "--user", "anna", "--limit", "2", "--json")
    text = await admin.moor("audit", "--action", "token.create")
    nothing = await admin.moor("audit", "--since", "2999-01-01T00:00:00Z")

    assert [entry["action"] for entry in json.loads(shown.text)] == ["token.create"] * 2
    assert len(text.text.splitlines()) == 1 + 3
    assert text.text.splitlines()[1].split()[1:4] == ["anna", "127.0.0.1", "token.create"]
    assert nothing.text == "Nothing was done yet.\n"


async def test_a_list_is_as_long_as_all_its_pages(anna: Shell) -> None:
    for number in range(200):
        answer = await anna.person.http.post("/v1/tokens", json={"name": f"t{number}"})
        assert answer.status_code == 201

    listed = json.loads((await anna.moor("token", "ls", "--json")).text)

    assert len({token["id"] for token in listed}) == 201
