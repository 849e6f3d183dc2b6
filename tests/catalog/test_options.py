"""Every type of option: what it takes, how the server hears it, what it refuses."""

from pathlib import Path

import pytest

from moorage.catalog.blueprint import Blueprint
from moorage.catalog.check import settle
from moorage.kit.errors import Invalid
from tests.catalog.blueprints import make_blueprint


@pytest.fixture
def cask(tmp_path: Path) -> Blueprint:
    return make_blueprint(tmp_path)


@pytest.mark.parametrize(
    ("key", "given", "heard"),
    [
        ("--clients", 10, "10"),
        ("--clients", "010", "10"),
        ("--ratio", 1, "1"),
        ("--ratio", 0.25, "0.25"),
        ("--ratio", "1.50", "1.50"),
        ("--cache", "8m", "8m"),
        ("--cache", "8M", "8m"),
        ("--cache", "8 m", "8m"),
        ("--cache", 8 << 20, "8388608"),
        ("--block", "4k", "4k"),
        ("--block", "4097", "8k"),
        ("--wait", 7, "7"),
        ("--wait", "7s", "7s"),
        ("--wait", "1500ms", "2s"),
        ("--wait", "-1", "-1"),
        ("--wait", -1, "-1"),
        ("--lock", True, "yes"),
        ("--lock", 0, "no"),
        ("--lock", "OFF", "no"),
        ("--lock", "true", "yes"),
        ("--sync", "ALWAYS", "always"),
        ("--sync", 1, "always"),
        ("--charset", "utf8", "utf8mb4"),
        ("--charset", "UTF8", "utf8mb4"),
        ("--traits", "red, dry", "RED,DRY"),
        ("--traits", "", ""),
        ("CASK_USER", "anna", "anna"),
    ],
)
def test_a_good_value_reaches_the_server_in_its_own_spelling(
    cask: Blueprint, key: str, given: object, heard: str
) -> None:
    settled = settle(cask, {key: given})

    assert settled.options[key] == heard


@pytest.mark.parametrize(
    ("key", "given", "said"),
    [
        ("--clients", 0, "from 1 to 1000, not 0"),
        ("--clients", 1001, "from 1 to 1000, not 1001"),
        ("--clients", 1.5, "whole number"),
        ("--clients", "1e2", "whole number"),
        ("--clients", "٣", "whole number"),
        ("--clients", True, "not a boolean"),
        ("--clients", 1 << 300, "at most 64 bits, not a number of 301 bits"),
        ("--clients", "9" * 5000, "at most 1024 characters, not 5000"),
        ("--clients", None, "not null"),
        ("--clients", [1], "not a list"),
        ("--clients", {"a": 1}, "not an object"),
        ("--ratio", 2.1, "number from 0 to 2"),
        ("--ratio", float("nan"), "number from 0 to 2"),
        ("--ratio", float("inf"), "number from 0 to 2"),
        ("--cache", "8g", "from 1m to 1024m (units k, m; a bare number counts bytes)"),
        ("--cache", "1k", "from 1m"),
        ("--cache", "m", "must be a size"),
        ("--cache", -1, "must be a size"),
        ("--wait", "61", "or -1 (units ms, s; a bare number counts s)"),
        ("--wait", "2m", "must be a duration"),
        ("--lock", "maybe", "true or false"),
        ("--lock", 2, "true or false"),
        ("--lock", 1.0, "true or false"),
        ("--sync", "sometimes", "one of always, never"),
        ("--sync", False, "one of always, never"),
        ("--charset", "utf81", "utf8mb4"),
        ("--traits", "RED,BITTER", "a list out of RED, DRY, SWEET"),
        ("CASK_USER", "anna; rm -rf /", "1 to 8 letters"),
        ("CASK_USER", "$(id)", "1 to 8 letters"),
        ("CASK_USER", "`id`", "1 to 8 letters"),
        ("CASK_USER", "anna\n", "control characters"),
        ("CASK_USER", "an\x00na", "control characters"),
        ("CASK_USER", "an\u202ena", "control characters"),
        ("CASK_USER", "", "1 to 8 letters"),
        ("--block", "4k --bind 0.0.0.0", "must be a size"),
        ("CASK_PASSWORD", "short", "8 to 128 printable ASCII"),
        ("CASK_PASSWORD", "x" * 129, "8 to 128 printable ASCII"),
        ("CASK_PASSWORD", "trailing-newline\n", "printable ASCII"),
        ("CASK_PASSWORD", "пароль-пароль", "printable ASCII"),
        ("CASK_PASSWORD", 1234567890, "must be text"),
    ],
)
def test_a_bad_value_is_refused_with_the_key_and_what_is_allowed(
    cask: Blueprint, key: str, given: object, said: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        settle(cask, {key: given})

    [(field, why)] = refusal.value.fields.items()
    assert field == f"config.{key}"
    assert why.startswith(key)
    assert said in why
    assert len(why) < 300


def test_a_refused_password_is_not_repeated(cask: Blueprint) -> None:
    with pytest.raises(Invalid) as refusal:
        settle(cask, {"CASK_PASSWORD": "hunter2"})

    assert "hunter2" not in refusal.value.message
