"""Names, passwords, scopes, and what a caller may do."""

import pytest

from moorage.identity import rules
from moorage.identity.models import Role
from moorage.identity.rules import Caller
from moorage.kit.errors import Denied, Invalid


def caller(*scopes: str, role: Role = "user") -> Caller:
    return Caller(user_id="usr_1", username="anna", role=role, scopes=frozenset(scopes))


@pytest.mark.parametrize("username", ["a", "anna", "Anna.B_c-9", "x" * 64])
def test_a_name_has_letters_digits_dots_lines_and_dashes(username: str) -> None:
    rules.check_username(username)


@pytest.mark.parametrize(
    "username", ["", "x" * 65, "an na", "änna", "anna\n", "a/b", "anna\x00", "٣", "\ud800"]
)
def test_any_other_name_is_refused_with_what_is_allowed(username: str) -> None:
    with pytest.raises(Invalid, match="1 to 64") as refused:
        rules.check_username(username)

    assert list(refused.value.fields) == ["username"]


@pytest.mark.parametrize("length", [8, 128])
def test_a_password_of_8_to_128_characters_is_fine(length: int) -> None:
    rules.check_password("é" * length)


@pytest.mark.parametrize("length", [0, 7, 129])
def test_a_shorter_or_longer_password_is_refused(length: int) -> None:
    with pytest.raises(Invalid, match="8 to 128"):
        rules.check_password("x" * length)


@pytest.mark.parametrize("name", ["", "x" * 101, "two\nlines"])
def test_a_token_needs_a_name_that_can_be_shown(name: str) -> None:
    with pytest.raises(Invalid, match="1 to 100"):
        rules.check_token_name(name)


@pytest.mark.parametrize(
    ("scopes", "kept"),
    [(["read"], "read"), (["write"], "read write"), (["write", "read"], "read write")],
)
def test_write_includes_read(scopes: list[str], kept: str) -> None:
    assert rules.granted(scopes) == kept


@pytest.mark.parametrize("scopes", [[], ["admin"], ["read", "admin"]])
def test_unknown_scopes_are_refused(scopes: list[str]) -> None:
    with pytest.raises(Invalid, match="'read' and 'write'"):
        rules.granted(scopes)


def test_only_an_administrator_passes_require_admin() -> None:
    rules.require_admin(caller("read", role="admin"))

    with pytest.raises(Denied, match="administrator"):
        rules.require_admin(caller("read", "write"))


def test_only_a_writing_caller_passes_require_write() -> None:
    rules.require_write(caller("read", "write"))

    with pytest.raises(Denied, match="may only read"):
        rules.require_write(caller("read", role="admin"))
