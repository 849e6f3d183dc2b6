"""What an order may say as a whole."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from moorage.catalog import service
from moorage.catalog.blueprint import Blueprint
from moorage.catalog.check import settle
from moorage.kit.errors import Invalid
from tests.catalog.blueprints import SHIPPED, SIXTH, make_blueprint


@pytest.fixture
def cask(tmp_path: Path) -> Blueprint:
    return make_blueprint(tmp_path)


def refused(blueprint: Blueprint, config: object, **order: object) -> dict[str, str]:
    """Return the fields that settle refuses."""
    with pytest.raises(Invalid) as refusal:
        settle(blueprint, config, **order)  # type: ignore[arg-type]  # what a door would pass
    return refusal.value.fields


def test_an_order_without_wishes_gets_the_defaults(cask: Blueprint) -> None:
    settled = settle(cask)

    assert (settled.memory_mib, settled.cpus) == (128, 1)
    assert settled.versions == ("2.1", "2", "1-debian")
    assert settled.options == {}
    assert len(settled.secrets["CASK_PASSWORD"]) == 32


@pytest.mark.parametrize("config", [[], "x", 1, True, [["--lock", True]]])
def test_a_config_that_is_no_object_is_refused(cask: Blueprint, config: object) -> None:
    assert list(refused(cask, config)) == ["config"]


def test_all_bad_fields_are_named_at_once(cask: Blueprint) -> None:
    fields = refused(
        cask,
        {"--clients": "x", "--sync": "x", "CASK_USER": "X", "--lock": True},
        memory_mib=1,
        cpus=99,
        version="9",
    )

    assert set(fields) == {
        *("config.--clients", "config.--sync", "config.CASK_USER"),
        *("memory_mib", "cpus", "version"),
    }


def test_an_unknown_key_is_refused_with_the_likely_one(cask: Blueprint) -> None:
    fields = refused(cask, {"--client": 1})

    assert fields == {"config.--client": '"--client" is no option of cask; did you mean --clients?'}


def test_a_key_like_no_other_is_refused_with_what_there_is(cask: Blueprint) -> None:
    [why] = refused(cask, {"\u0007" + "Z" * 5000: 1}).values()

    assert "CASK_PASSWORD, CASK_USER" in why
    assert "https://cask.example/manual" in why
    assert len(why) < 400


def test_a_key_that_is_not_for_an_order_is_refused_with_the_reason(cask: Blueprint) -> None:
    fields = refused(cask, {"--cellar": "/etc"})

    assert "the files are in the volume" in fields["config.--cellar"]


def test_a_key_may_be_spelled_with_underscores_or_by_its_other_name(cask: Blueprint) -> None:
    assert settle(cask, {"--block_size": "4k"}).options == {"--block": "4k"}


def test_one_option_under_two_spellings_is_refused(cask: Blueprint) -> None:
    fields = refused(cask, {"--block": "4k", "--block-size": "8k"})

    assert fields == {"config.--block-size": "--block is given twice."}


def test_a_secret_is_taken_as_given(cask: Blueprint) -> None:
    settled = settle(cask, {"CASK_PASSWORD": 'it\'s \\"me"!'.replace(" ", "")})

    assert settled.secrets["CASK_PASSWORD"] == 'it\'s\\"me"!'
    assert "CASK_PASSWORD" not in settled.options


def test_a_secret_is_made_only_when_what_it_belongs_to_is_there(cask: Blueprint) -> None:
    assert "--key" not in settle(cask).secrets
    assert len(settle(cask, {"--lock": True}).secrets["--key"]) == 32


def test_a_secret_without_what_it_belongs_to_is_refused(cask: Blueprint) -> None:
    fields = refused(cask, {"--key": "12345678"})

    assert fields == {"config.--key": "--key says nothing without --lock."}


def test_two_keys_that_say_the_same_are_refused(cask: Blueprint) -> None:
    assert list(refused(cask, {"--days": 1, "--hours": 24})) == ["config.--days"]


def test_a_collation_brings_its_character_set(cask: Blueprint) -> None:
    settled = settle(cask, {"--collation": "utf8mb4_bin"})

    assert settled.options == {"--collation": "utf8mb4_bin", "--charset": "utf8mb4"}


def test_a_collation_of_another_character_set_is_refused(cask: Blueprint) -> None:
    fields = refused(cask, {"--collation": "utf8mb4_bin", "--charset": "latin1"})

    assert "does not belong to --charset latin1" in fields["config.--collation"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("2.1", ("2.1",)),
        ("2", ("2.1", "2")),
        ("1", ("1-debian",)),
        ("1-debian", ("1-debian",)),
    ],
)
def test_a_version_may_be_asked_for_in_part(
    cask: Blueprint, asked: str, found: tuple[str, ...]
) -> None:
    assert settle(cask, version=asked).versions == found


@pytest.mark.parametrize("asked", ["", "3", "2.", "21", "1-deb", "x" * 5000])
def test_a_version_that_is_not_there_is_refused_with_those_that_are(
    cask: Blueprint, asked: str
) -> None:
    fields = refused(cask, None, version=asked)

    assert "there are 2.1, 2, 1-debian" in fields["version"]


def test_an_option_of_one_version_chooses_it(cask: Blueprint) -> None:
    assert settle(cask, {"--old-cork": True}).versions == ("1-debian",)
    fields = refused(cask, {"--old-cork": True}, version="2")
    assert fields == {"config.--old-cork": "--old-cork is for version 1-debian only."}


def test_memory_grows_with_what_the_options_need(cask: Blueprint) -> None:
    assert settle(cask, {"--cache": "100m"}).memory_mib == 216
    assert settle(cask, {"--clients": 200}).memory_mib == 218


def test_options_that_do_not_fit_the_memory_asked_for_are_refused(cask: Blueprint) -> None:
    fields = refused(cask, {"--cache": "100m", "--clients": 2}, memory_mib=200)

    assert fields == {
        "config.--cache": "--cache 100m and the rest need a memory_mib of at least 218; "
        "the order says 200."
    }


def test_memory_for_no_more_than_the_server_itself_is_refused(tmp_path: Path) -> None:
    tight = make_blueprint(tmp_path, SIXTH.replace("base_mib: 16", "base_mib: 64"))

    fields = refused(tight, None, memory_mib=64)

    assert fields == {
        "memory_mib": "the server needs a memory_mib of at least 66; the order says 64."
    }


def test_options_that_fit_no_container_are_refused() -> None:
    redis = service.load().get("redis")

    fields = refused(redis, {"--maxmemory": "1024gb"})

    assert "is the most" in fields["config.--maxmemory"]


@pytest.mark.parametrize("cpus", [0, 0.4, 5, -1, float("nan"), float("inf")])
def test_cpus_out_of_range_are_refused(cask: Blueprint, cpus: float) -> None:
    assert list(refused(cask, None, cpus=cpus)) == ["cpus"]


SCALARS = some.none() | some.booleans() | some.integers() | some.floats() | some.text()
JSON = some.recursive(
    SCALARS,
    lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner),
    max_leaves=5,
)
BLUEPRINTS = some.sampled_from(SHIPPED)


@given(data=some.data(), blueprint=BLUEPRINTS)
def test_whatever_json_comes_only_known_clean_options_pass(
    data: some.DataObject, blueprint: Blueprint
) -> None:
    keys = some.sampled_from(sorted(blueprint.options)) | some.text()
    config = data.draw(some.dictionaries(keys, JSON, max_size=4) | JSON)

    try:
        settled = settle(blueprint, config)
    except Invalid:
        return

    for key, value in {**settled.options, **settled.secrets}.items():
        assert key in blueprint.options
        assert value.isprintable()
